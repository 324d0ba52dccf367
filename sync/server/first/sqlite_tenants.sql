CREATE TABLE sync_alarm (
	tenant TEXT NOT NULL,
	collection TEXT NOT NULL,
	"row" TEXT NOT NULL,
	hash TEXT NOT NULL,
	"values" TEXT NOT NULL,
	operation TEXT NOT NULL,
	PRIMARY KEY (tenant, collection, "row", hash)
);

CREATE TABLE sync_allowance (
	tenant TEXT NOT NULL,
	device TEXT NOT NULL,
	until BIGINT NOT NULL,
	PRIMARY KEY (tenant, device)
);

CREATE TABLE sync_chunk (
	tenant TEXT NOT NULL,
	snapshot TEXT NOT NULL,
	hot INTEGER NOT NULL,
	n INTEGER NOT NULL,
	body BLOB NOT NULL,
	PRIMARY KEY (tenant, snapshot, hot, n)
);

CREATE TABLE sync_deletion (
	tenant TEXT NOT NULL,
	device TEXT NOT NULL,
	collection TEXT NOT NULL,
	at BIGINT NOT NULL,
	rows BIGINT NOT NULL,
	PRIMARY KEY (tenant, device, collection, at)
);

CREATE TABLE sync_device (
	tenant TEXT NOT NULL,
	device TEXT NOT NULL,
	shop TEXT NOT NULL,
	n BIGINT NOT NULL,
	hash TEXT NOT NULL,
	name TEXT DEFAULT '' NOT NULL,
	"key" TEXT DEFAULT '' NOT NULL,
	manifest INTEGER DEFAULT '1' NOT NULL,
	paired_at BIGINT DEFAULT '0' NOT NULL,
	seen_at BIGINT DEFAULT '0' NOT NULL,
	revoked_at BIGINT,
	PRIMARY KEY (tenant, device)
);

CREATE TABLE sync_draw (
	tenant TEXT NOT NULL,
	collection TEXT NOT NULL,
	"row" TEXT NOT NULL,
	balance TEXT NOT NULL,
	asked BIGINT NOT NULL,
	counted BIGINT NOT NULL,
	held INTEGER NOT NULL,
	PRIMARY KEY (tenant, collection, "row")
);

CREATE INDEX ix_sync_draw_balance ON sync_draw (tenant, collection, balance);

CREATE TABLE sync_envelope (
	tenant TEXT NOT NULL,
	id TEXT NOT NULL,
	envelope TEXT NOT NULL,
	PRIMARY KEY (tenant, id)
);

CREATE TABLE sync_held (
	tenant TEXT NOT NULL,
	device TEXT NOT NULL,
	rows BIGINT NOT NULL,
	at BIGINT NOT NULL,
	PRIMARY KEY (tenant, device)
);

CREATE TABLE sync_horizon (
	tenant TEXT NOT NULL,
	scope TEXT NOT NULL,
	seq BIGINT NOT NULL,
	PRIMARY KEY (tenant, scope)
);

CREATE TABLE sync_name (
	tenant TEXT NOT NULL,
	collection TEXT NOT NULL,
	name TEXT NOT NULL,
	"row" TEXT NOT NULL,
	PRIMARY KEY (tenant, collection, name)
);

CREATE TABLE sync_operation (
	tenant TEXT NOT NULL,
	device TEXT NOT NULL,
	n BIGINT NOT NULL,
	id TEXT NOT NULL,
	envelope TEXT NOT NULL,
	verdict TEXT NOT NULL,
	judged_at BIGINT NOT NULL,
	PRIMARY KEY (tenant, device, n)
);

CREATE INDEX ix_sync_operation_id ON sync_operation (tenant, id);

CREATE TABLE sync_place (
	tenant TEXT NOT NULL,
	resource TEXT NOT NULL,
	start BIGINT NOT NULL,
	lane INTEGER NOT NULL,
	"row" TEXT NOT NULL,
	PRIMARY KEY (tenant, resource, start, lane)
);

CREATE INDEX ix_sync_place_row ON sync_place (tenant, "row");

CREATE TABLE sync_row (
	tenant TEXT NOT NULL,
	collection TEXT NOT NULL,
	"row" TEXT NOT NULL,
	scope TEXT NOT NULL,
	seq BIGINT NOT NULL,
	"values" TEXT NOT NULL,
	stamps TEXT NOT NULL,
	places TEXT,
	PRIMARY KEY (tenant, collection, "row")
);

CREATE INDEX ix_sync_row_seq ON sync_row (tenant, scope, seq);

CREATE TABLE sync_salon (
	tenant TEXT NOT NULL,
	salon TEXT NOT NULL,
	practice INTEGER NOT NULL,
	manifest_version INTEGER NOT NULL,
	manifest TEXT NOT NULL,
	PRIMARY KEY (tenant)
);

CREATE TABLE sync_scope (
	tenant TEXT NOT NULL,
	scope TEXT NOT NULL,
	counter BIGINT NOT NULL,
	PRIMARY KEY (tenant, scope)
);

CREATE TABLE sync_shop (
	tenant TEXT NOT NULL,
	shop TEXT NOT NULL,
	name TEXT NOT NULL,
	PRIMARY KEY (tenant, shop)
);

CREATE TABLE sync_snapshot (
	tenant TEXT NOT NULL,
	snapshot TEXT NOT NULL,
	shop TEXT NOT NULL,
	made_at BIGINT NOT NULL,
	listing TEXT NOT NULL,
	signature TEXT NOT NULL,
	PRIMARY KEY (tenant, snapshot)
);

