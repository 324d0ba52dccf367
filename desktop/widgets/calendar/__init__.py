"""The painted day calendar: columns of people, blocks of time, drag and keyboard. Knows no salon."""
