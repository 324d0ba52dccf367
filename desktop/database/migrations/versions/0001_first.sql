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

CREATE TABLE member (
	name TEXT NOT NULL, 
	mark TEXT NOT NULL, 
	role TEXT NOT NULL, 
	tax_number TEXT, 
	without_tax_number BOOLEAN NOT NULL, 
	colour TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	bookable BOOLEAN NOT NULL, 
	active BOOLEAN NOT NULL, 
	pin_hash TEXT, 
	extra TEXT, 
	deleted_at INTEGER, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_member PRIMARY KEY (id)
);

CREATE TABLE pin_attempt (
	member_id BLOB NOT NULL, 
	failures INTEGER NOT NULL, 
	blocked_until INTEGER, 
	CONSTRAINT pk_pin_attempt PRIMARY KEY (member_id)
);

CREATE TABLE opening_hours (
	valid_from TEXT NOT NULL, 
	weekday INTEGER NOT NULL, 
	spans TEXT NOT NULL, 
	shop_id BLOB NOT NULL, 
	extra TEXT, 
	deleted_at INTEGER, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_opening_hours PRIMARY KEY (id)
);

CREATE INDEX ix_opening_hours_shop_id_weekday_valid_from ON opening_hours (shop_id, weekday, valid_from);

CREATE TABLE opening_day (
	day TEXT NOT NULL, 
	spans TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	shop_id BLOB NOT NULL, 
	extra TEXT, 
	deleted_at INTEGER, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_opening_day PRIMARY KEY (id)
);

CREATE INDEX ix_opening_day_shop_id_day ON opening_day (shop_id, day);

CREATE TABLE working_hours (
	member_id BLOB NOT NULL, 
	valid_from TEXT NOT NULL, 
	weekday INTEGER NOT NULL, 
	spans TEXT NOT NULL, 
	shop_id BLOB NOT NULL, 
	extra TEXT, 
	deleted_at INTEGER, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_working_hours PRIMARY KEY (id)
);

CREATE INDEX ix_working_hours_shop_id_weekday_valid_from ON working_hours (shop_id, weekday, valid_from);

CREATE TABLE working_day (
	member_id BLOB NOT NULL, 
	day TEXT NOT NULL, 
	spans TEXT NOT NULL, 
	note TEXT NOT NULL, 
	shop_id BLOB NOT NULL, 
	extra TEXT, 
	deleted_at INTEGER, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_working_day PRIMARY KEY (id)
);

CREATE INDEX ix_working_day_shop_id_day ON working_day (shop_id, day);

CREATE TABLE absence (
	member_id BLOB NOT NULL, 
	kind TEXT NOT NULL, 
	first_day TEXT NOT NULL, 
	last_day TEXT NOT NULL, 
	start_time TEXT, 
	end_time TEXT, 
	starts_at INTEGER NOT NULL, 
	ends_at INTEGER NOT NULL, 
	note TEXT NOT NULL, 
	extra TEXT, 
	deleted_at INTEGER, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_absence PRIMARY KEY (id)
);

CREATE INDEX ix_absence_ends_at ON absence (ends_at);

CREATE TABLE printing_job (
	id BLOB NOT NULL, 
	dedupe_key TEXT NOT NULL, 
	printer TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	subject BLOB NOT NULL, 
	copy_no INTEGER NOT NULL, 
	document TEXT, 
	state TEXT NOT NULL, 
	attempt INTEGER NOT NULL, 
	sent_bytes INTEGER NOT NULL, 
	error TEXT, 
	created_at INTEGER NOT NULL, 
	changed_at INTEGER NOT NULL, 
	expires_at INTEGER, 
	PRIMARY KEY (id), 
	UNIQUE (dedupe_key)
);

CREATE INDEX ix_printing_job_state_printer ON printing_job (state, printer, created_at);

CREATE INDEX ix_printing_job_subject ON printing_job (subject);

