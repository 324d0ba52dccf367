"""What runs behind the desk: the fiscal line, the printers, and the counter that ties them to the sale. No Qt."""
