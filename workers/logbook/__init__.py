"""What all processes of a machine write: kept in bounds, followed, sifted, told."""
