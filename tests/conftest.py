"""What every test gets: the guards first (they must come before Qt and keyring), then the desk on a real database."""

pytest_plugins = ("tests.guards", "tests.desk", "tests.desktop.salon", "tests.sync.postgres")
