CREATE TABLE operation (
	id BLOB NOT NULL, 
	shop_id BLOB NOT NULL, 
	device BLOB NOT NULL, 
	n INTEGER NOT NULL, 
	actor BLOB NOT NULL, 
	actor_name TEXT NOT NULL, 
	name TEXT NOT NULL, 
	clock INTEGER NOT NULL, 
	at INTEGER NOT NULL, 
	part_of BLOB, 
	undoes BLOB, 
	previous_hash TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	hash_version INTEGER NOT NULL, 
	CONSTRAINT pk_operation PRIMARY KEY (id)
);

CREATE INDEX ix_operation_at ON operation (at);

CREATE INDEX ix_operation_part_of ON operation (part_of) WHERE part_of IS NOT NULL;

CREATE INDEX ix_operation_undoes ON operation (undoes) WHERE undoes IS NOT NULL;

CREATE UNIQUE INDEX uq_operation_device_n ON operation (device, n);

CREATE TABLE operation_row (
	operation BLOB NOT NULL, 
	n INTEGER NOT NULL, 
	"table" TEXT NOT NULL, 
	"row" BLOB NOT NULL, 
	kind TEXT NOT NULL, 
	fields TEXT, 
	hash TEXT NOT NULL, 
	CONSTRAINT pk_operation_row PRIMARY KEY (operation, n)
)
 WITHOUT ROWID

;

CREATE INDEX ix_operation_row_row ON operation_row ("row");

CREATE TABLE operation_value (
	operation BLOB NOT NULL, 
	n INTEGER NOT NULL, 
	old TEXT, 
	new TEXT, 
	salt BLOB NOT NULL, 
	CONSTRAINT pk_operation_value PRIMARY KEY (operation, n)
)
 WITHOUT ROWID

;

CREATE TABLE field_clock (
	"table" TEXT NOT NULL, 
	"row" BLOB NOT NULL, 
	field TEXT NOT NULL, 
	clock INTEGER NOT NULL, 
	device BLOB NOT NULL, 
	CONSTRAINT pk_field_clock PRIMARY KEY ("table", "row", field)
)
 WITHOUT ROWID

;

CREATE TABLE event (
	at INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	actor BLOB NOT NULL, 
	actor_name TEXT NOT NULL, 
	device BLOB NOT NULL, 
	subject_table TEXT, 
	subject BLOB, 
	details TEXT, 
	shop_id BLOB NOT NULL, 
	hash TEXT NOT NULL, 
	hash_version INTEGER NOT NULL, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_event PRIMARY KEY (id)
);

CREATE INDEX ix_event_at ON event (at);

CREATE TABLE setting (
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	extra TEXT, 
	deleted_at INTEGER, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_setting PRIMARY KEY (id), 
	CONSTRAINT uq_setting_key UNIQUE ("key")
);

CREATE TABLE shop_setting (
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	shop_id BLOB NOT NULL, 
	extra TEXT, 
	deleted_at INTEGER, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_shop_setting PRIMARY KEY (id)
);

CREATE TABLE local_setting (
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_local_setting PRIMARY KEY ("key")
);

CREATE TABLE device_stamp (
	database_id BLOB NOT NULL, 
	mode TEXT NOT NULL, 
	tenant_id BLOB NOT NULL, 
	shop_id BLOB NOT NULL, 
	device_id BLOB NOT NULL, 
	zone TEXT NOT NULL, 
	schema TEXT NOT NULL, 
	created_at INTEGER NOT NULL, 
	CONSTRAINT pk_device_stamp PRIMARY KEY (database_id)
);

