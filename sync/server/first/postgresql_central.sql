CREATE TABLE sync_pairing (
	code TEXT NOT NULL,
	tenant TEXT NOT NULL,
	expires_at BIGINT NOT NULL,
	used_by TEXT,
	PRIMARY KEY (code)
);

CREATE TABLE sync_secret (
	name TEXT NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY (name)
);

CREATE TABLE sync_tenant (
	tenant TEXT NOT NULL,
	name TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (tenant)
);

