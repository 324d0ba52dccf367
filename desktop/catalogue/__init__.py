"""What is sold: services and products with their prices and VAT."""
