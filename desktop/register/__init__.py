"""The cash register: premise, device, number series, cash and the business day."""
