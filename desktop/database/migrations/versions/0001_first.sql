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

CREATE TABLE bill (
	opened_at INTEGER NOT NULL, 
	opened_by BLOB NOT NULL, 
	owner_id BLOB NOT NULL, 
	owner_name TEXT NOT NULL, 
	customer_id BLOB, 
	customer_name TEXT NOT NULL, 
	visit_id BLOB, 
	label TEXT NOT NULL, 
	parked_at INTEGER, 
	discount_points INTEGER NOT NULL, 
	discount_cents INTEGER NOT NULL, 
	discount_reason TEXT NOT NULL, 
	shop_id BLOB NOT NULL, 
	extra TEXT, 
	deleted_at INTEGER, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_bill PRIMARY KEY (id)
);

CREATE INDEX ix_bill_visit ON bill (visit_id);

CREATE TABLE bill_line (
	bill_id BLOB NOT NULL, 
	position INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	item_id BLOB, 
	name TEXT NOT NULL, 
	quantity INTEGER NOT NULL, 
	unit_cents INTEGER NOT NULL, 
	vat_category TEXT NOT NULL, 
	vat_rate INTEGER NOT NULL, 
	clause TEXT NOT NULL, 
	member_id BLOB, 
	discount_points INTEGER NOT NULL, 
	discount_cents INTEGER NOT NULL, 
	discount_reason TEXT NOT NULL, 
	shop_id BLOB NOT NULL, 
	extra TEXT, 
	deleted_at INTEGER, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_bill_line PRIMARY KEY (id)
);

CREATE INDEX ix_bill_line_bill ON bill_line (bill_id);

CREATE TABLE blocked_time (
	member_id BLOB NOT NULL, 
	starts_at INTEGER NOT NULL, 
	ends_at INTEGER NOT NULL, 
	reason TEXT NOT NULL, 
	created_by BLOB NOT NULL, 
	shop_id BLOB NOT NULL, 
	extra TEXT, 
	deleted_at INTEGER, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_blocked_time PRIMARY KEY (id)
);

CREATE INDEX ix_blocked_time_shop_id_starts_at ON blocked_time (shop_id, starts_at);

CREATE TABLE cash_movement (
	session_id BLOB NOT NULL, 
	at INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	cents INTEGER NOT NULL, 
	reason TEXT NOT NULL, 
	document_id BLOB, 
	member_id BLOB NOT NULL, 
	member_name TEXT NOT NULL, 
	shop_id BLOB NOT NULL, 
	hash TEXT NOT NULL, 
	hash_version INTEGER NOT NULL, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_cash_movement PRIMARY KEY (id)
);

CREATE INDEX ix_cash_movement_session ON cash_movement (session_id);

CREATE TABLE company (
	name TEXT NOT NULL, 
	legal_name TEXT NOT NULL, 
	street TEXT NOT NULL, 
	post_code TEXT NOT NULL, 
	town TEXT NOT NULL, 
	country TEXT NOT NULL, 
	tax_number TEXT NOT NULL, 
	vat_payer BOOLEAN NOT NULL, 
	iban TEXT NOT NULL, 
	phone TEXT NOT NULL, 
	email TEXT NOT NULL, 
	extra TEXT, 
	deleted_at INTEGER, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_company PRIMARY KEY (id)
);

CREATE TABLE customer (
	first_name TEXT NOT NULL, 
	last_name TEXT NOT NULL, 
	email TEXT NOT NULL, 
	birth_day INTEGER, 
	birth_month INTEGER, 
	birth_year INTEGER, 
	language TEXT NOT NULL, 
	notes TEXT NOT NULL, 
	alert TEXT NOT NULL, 
	street TEXT NOT NULL, 
	post_code TEXT NOT NULL, 
	town TEXT NOT NULL, 
	country TEXT NOT NULL, 
	since TEXT NOT NULL, 
	extra TEXT, 
	deleted_at INTEGER, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_customer PRIMARY KEY (id)
);

CREATE INDEX ix_customer_email ON customer (email) WHERE email != '';

CREATE TABLE customer_phone (
	customer_id BLOB NOT NULL, 
	number TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	extra TEXT, 
	deleted_at INTEGER, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_customer_phone PRIMARY KEY (id)
);

CREATE INDEX ix_customer_phone_customer_id ON customer_phone (customer_id);

CREATE INDEX ix_customer_phone_number ON customer_phone (number);

CREATE TABLE customer_search (
	"row" INTEGER NOT NULL, 
	customer_id BLOB NOT NULL, 
	sort_form TEXT NOT NULL, 
	numbers TEXT NOT NULL, 
	CONSTRAINT pk_customer_search PRIMARY KEY ("row"), 
	CONSTRAINT uq_customer_search_customer_id UNIQUE (customer_id)
);

CREATE TABLE day_close (
	session_id BLOB NOT NULL, 
	device_id BLOB NOT NULL, 
	z_number INTEGER NOT NULL, 
	business_day TEXT NOT NULL, 
	closed_at INTEGER NOT NULL, 
	member_id BLOB NOT NULL, 
	member_name TEXT NOT NULL, 
	expected_cents INTEGER NOT NULL, 
	counted_cents INTEGER NOT NULL, 
	difference_cents INTEGER NOT NULL, 
	left_cents INTEGER NOT NULL, 
	reason TEXT NOT NULL, 
	report TEXT NOT NULL, 
	shop_id BLOB NOT NULL, 
	hash TEXT NOT NULL, 
	hash_version INTEGER NOT NULL, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_day_close PRIMARY KEY (id)
);

CREATE UNIQUE INDEX uq_day_close_session ON day_close (session_id);

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

CREATE TABLE field_clock (
	"table" TEXT NOT NULL, 
	"row" BLOB NOT NULL, 
	field TEXT NOT NULL, 
	clock INTEGER NOT NULL, 
	device BLOB NOT NULL, 
	operation BLOB NOT NULL, 
	CONSTRAINT pk_field_clock PRIMARY KEY ("table", "row", field)
)
 WITHOUT ROWID

;

CREATE TABLE invoice (
	kind TEXT NOT NULL, 
	number TEXT NOT NULL, 
	premise TEXT NOT NULL, 
	device TEXT NOT NULL, 
	sequence INTEGER NOT NULL, 
	session_id BLOB NOT NULL, 
	business_day TEXT NOT NULL, 
	issued_at INTEGER NOT NULL, 
	wall_time TEXT NOT NULL, 
	zone TEXT NOT NULL, 
	member_id BLOB NOT NULL, 
	member_mark TEXT NOT NULL, 
	total_cents INTEGER NOT NULL, 
	customer_id BLOB, 
	bill_id BLOB, 
	visit_id BLOB, 
	corrects BLOB, 
	reason TEXT NOT NULL, 
	subject BOOLEAN NOT NULL, 
	protection TEXT, 
	code TEXT, 
	submit_before INTEGER, 
	print_job BLOB, 
	snapshot TEXT NOT NULL, 
	shop_id BLOB NOT NULL, 
	hash TEXT NOT NULL, 
	hash_version INTEGER NOT NULL, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_invoice PRIMARY KEY (id)
);

CREATE INDEX ix_invoice_bill ON invoice (bill_id) WHERE bill_id IS NOT NULL;

CREATE INDEX ix_invoice_corrects ON invoice (corrects) WHERE corrects IS NOT NULL;

CREATE INDEX ix_invoice_customer ON invoice (customer_id) WHERE customer_id IS NOT NULL;

CREATE INDEX ix_invoice_issued_at ON invoice (issued_at);

CREATE INDEX ix_invoice_number ON invoice (premise, device, sequence);

CREATE INDEX ix_invoice_session ON invoice (session_id);

CREATE INDEX ix_invoice_visit ON invoice (visit_id) WHERE visit_id IS NOT NULL;

CREATE TABLE invoice_line (
	invoice_id BLOB NOT NULL, 
	position INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	item_id BLOB, 
	name TEXT NOT NULL, 
	quantity INTEGER NOT NULL, 
	unit_cents INTEGER NOT NULL, 
	gross_cents INTEGER NOT NULL, 
	discount_cents INTEGER NOT NULL, 
	discount_reason TEXT NOT NULL, 
	bill_discount_cents INTEGER NOT NULL, 
	total_cents INTEGER NOT NULL, 
	vat_category TEXT NOT NULL, 
	vat_rate INTEGER NOT NULL, 
	clause TEXT NOT NULL, 
	member_id BLOB, 
	corrects BLOB, 
	shop_id BLOB NOT NULL, 
	hash TEXT NOT NULL, 
	hash_version INTEGER NOT NULL, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_invoice_line PRIMARY KEY (id)
);

CREATE INDEX ix_invoice_line_invoice ON invoice_line (invoice_id);

CREATE TABLE invoice_payment (
	invoice_id BLOB NOT NULL, 
	position INTEGER NOT NULL, 
	means TEXT NOT NULL, 
	cents INTEGER NOT NULL, 
	given_cents INTEGER NOT NULL, 
	change_cents INTEGER NOT NULL, 
	shop_id BLOB NOT NULL, 
	hash TEXT NOT NULL, 
	hash_version INTEGER NOT NULL, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_invoice_payment PRIMARY KEY (id)
);

CREATE INDEX ix_invoice_payment_invoice ON invoice_payment (invoice_id);

CREATE TABLE invoice_vat (
	invoice_id BLOB NOT NULL, 
	category TEXT NOT NULL, 
	rate INTEGER NOT NULL, 
	net_cents INTEGER NOT NULL, 
	tax_cents INTEGER NOT NULL, 
	gross_cents INTEGER NOT NULL, 
	clause TEXT NOT NULL, 
	shop_id BLOB NOT NULL, 
	hash TEXT NOT NULL, 
	hash_version INTEGER NOT NULL, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_invoice_vat PRIMARY KEY (id)
);

CREATE INDEX ix_invoice_vat_invoice ON invoice_vat (invoice_id);

CREATE TABLE local_setting (
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_local_setting PRIMARY KEY ("key")
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

CREATE TABLE number_series (
	device_id BLOB NOT NULL, 
	premise_code TEXT NOT NULL, 
	device_code TEXT NOT NULL, 
	purpose TEXT NOT NULL, 
	claim_state TEXT NOT NULL, 
	shop_id BLOB NOT NULL, 
	extra TEXT, 
	deleted_at INTEGER, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_number_series PRIMARY KEY (id)
);

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

CREATE INDEX ix_operation_device_n ON operation (device, n);

CREATE INDEX ix_operation_part_of ON operation (part_of) WHERE part_of IS NOT NULL;

CREATE INDEX ix_operation_undoes ON operation (undoes) WHERE undoes IS NOT NULL;

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

CREATE TABLE pin_attempt (
	member_id BLOB NOT NULL, 
	failures INTEGER NOT NULL, 
	blocked_until INTEGER, 
	CONSTRAINT pk_pin_attempt PRIMARY KEY (member_id)
);

CREATE TABLE premise (
	code TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	place TEXT NOT NULL, 
	valid_from TEXT NOT NULL, 
	shop_id BLOB NOT NULL, 
	extra TEXT, 
	deleted_at INTEGER, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_premise PRIMARY KEY (id)
);

CREATE TABLE product (
	name TEXT NOT NULL, 
	folded TEXT NOT NULL, 
	barcode TEXT NOT NULL, 
	price_cents INTEGER NOT NULL, 
	vat_code TEXT NOT NULL, 
	low_level INTEGER NOT NULL, 
	stocked BOOLEAN NOT NULL, 
	active BOOLEAN NOT NULL, 
	extra TEXT, 
	deleted_at INTEGER, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_product PRIMARY KEY (id)
);

CREATE INDEX ix_product_barcode ON product (barcode);

CREATE TABLE receipt_copy (
	invoice_id BLOB NOT NULL, 
	n INTEGER NOT NULL, 
	at INTEGER NOT NULL, 
	member_id BLOB NOT NULL, 
	job_id BLOB NOT NULL, 
	shop_id BLOB NOT NULL, 
	hash TEXT NOT NULL, 
	hash_version INTEGER NOT NULL, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_receipt_copy PRIMARY KEY (id)
);

CREATE INDEX ix_receipt_copy_n ON receipt_copy (invoice_id, n);

CREATE TABLE resource (
	name TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	capacity INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	active BOOLEAN NOT NULL, 
	shop_id BLOB NOT NULL, 
	extra TEXT, 
	deleted_at INTEGER, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_resource PRIMARY KEY (id)
);

CREATE TABLE service (
	name TEXT NOT NULL, 
	folded TEXT NOT NULL, 
	section TEXT NOT NULL, 
	colour TEXT NOT NULL, 
	duration INTEGER NOT NULL, 
	buffer_before INTEGER NOT NULL, 
	buffer_after INTEGER NOT NULL, 
	processing_start INTEGER NOT NULL, 
	processing INTEGER NOT NULL, 
	price_cents INTEGER NOT NULL, 
	vat_code TEXT NOT NULL, 
	needs TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	active BOOLEAN NOT NULL, 
	extra TEXT, 
	deleted_at INTEGER, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_service PRIMARY KEY (id)
);

CREATE TABLE service_member (
	service_id BLOB NOT NULL, 
	member_id BLOB NOT NULL, 
	price_cents INTEGER, 
	duration INTEGER, 
	extra TEXT, 
	deleted_at INTEGER, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_service_member PRIMARY KEY (id)
);

CREATE INDEX ix_service_member_service ON service_member (service_id);

CREATE TABLE setting (
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	extra TEXT, 
	deleted_at INTEGER, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_setting PRIMARY KEY (id), 
	CONSTRAINT uq_setting_key UNIQUE ("key")
);

CREATE TABLE settled_conflict (
	kind TEXT NOT NULL, 
	subject BLOB NOT NULL, 
	settled_at INTEGER NOT NULL, 
	settled_by TEXT NOT NULL, 
	shop_id BLOB NOT NULL, 
	extra TEXT, 
	deleted_at INTEGER, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_settled_conflict PRIMARY KEY (id)
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

CREATE TABLE slot (
	resource BLOB NOT NULL, 
	start INTEGER NOT NULL, 
	lane INTEGER NOT NULL, 
	holder BLOB NOT NULL, 
	CONSTRAINT pk_slot PRIMARY KEY (resource, start, lane)
)
 WITHOUT ROWID

;

CREATE TABLE stock_level (
	product_id BLOB NOT NULL, 
	shop_id BLOB NOT NULL, 
	quantity INTEGER NOT NULL, 
	CONSTRAINT pk_stock_level PRIMARY KEY (product_id, shop_id)
);

CREATE TABLE stock_movement (
	product_id BLOB NOT NULL, 
	at INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	quantity INTEGER NOT NULL, 
	reason TEXT NOT NULL, 
	document_id BLOB, 
	member_id BLOB NOT NULL, 
	shop_id BLOB NOT NULL, 
	hash TEXT NOT NULL, 
	hash_version INTEGER NOT NULL, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_stock_movement PRIMARY KEY (id)
);

CREATE INDEX ix_stock_movement_document ON stock_movement (document_id) WHERE document_id IS NOT NULL;

CREATE INDEX ix_stock_movement_product ON stock_movement (product_id);

CREATE TABLE till_session (
	device_id BLOB NOT NULL, 
	business_day TEXT NOT NULL, 
	opened_at INTEGER NOT NULL, 
	member_id BLOB NOT NULL, 
	member_name TEXT NOT NULL, 
	float_cents INTEGER NOT NULL, 
	shop_id BLOB NOT NULL, 
	hash TEXT NOT NULL, 
	hash_version INTEGER NOT NULL, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_till_session PRIMARY KEY (id)
);

CREATE TABLE tip (
	invoice_id BLOB NOT NULL, 
	session_id BLOB NOT NULL, 
	means TEXT NOT NULL, 
	cents INTEGER NOT NULL, 
	member_id BLOB, 
	shop_id BLOB NOT NULL, 
	hash TEXT NOT NULL, 
	hash_version INTEGER NOT NULL, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_tip PRIMARY KEY (id)
);

CREATE INDEX ix_tip_invoice ON tip (invoice_id);

CREATE TABLE vat_rate (
	code TEXT NOT NULL, 
	category TEXT NOT NULL, 
	rate INTEGER NOT NULL, 
	clause TEXT NOT NULL, 
	valid_from TEXT NOT NULL, 
	valid_until TEXT, 
	position INTEGER NOT NULL, 
	extra TEXT, 
	deleted_at INTEGER, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_vat_rate PRIMARY KEY (id)
);

CREATE TABLE visit (
	customer_id BLOB, 
	customer_name TEXT NOT NULL, 
	starts_at INTEGER NOT NULL, 
	ends_at INTEGER NOT NULL, 
	items TEXT NOT NULL, 
	status TEXT NOT NULL, 
	cancel_reason TEXT NOT NULL, 
	note TEXT NOT NULL, 
	origin TEXT NOT NULL, 
	claim_state TEXT NOT NULL, 
	created_at INTEGER NOT NULL, 
	created_by BLOB NOT NULL, 
	shop_id BLOB NOT NULL, 
	extra TEXT, 
	deleted_at INTEGER, 
	id BLOB NOT NULL, 
	CONSTRAINT pk_visit PRIMARY KEY (id)
);

CREATE INDEX ix_visit_conflict ON visit (shop_id) WHERE claim_state = 'conflict';

CREATE INDEX ix_visit_customer_id_starts_at ON visit (customer_id, starts_at);

CREATE INDEX ix_visit_shop_id_starts_at ON visit (shop_id, starts_at, ends_at);

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

CREATE TABLE fiscal_credential (
	fingerprint TEXT NOT NULL, 
	country TEXT NOT NULL, 
	pkcs12 BLOB NOT NULL, 
	tax_number TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	issuer TEXT NOT NULL, 
	serial TEXT NOT NULL, 
	not_before INTEGER NOT NULL, 
	not_after INTEGER NOT NULL, 
	use_from INTEGER NOT NULL, 
	added_at INTEGER NOT NULL, 
	PRIMARY KEY (fingerprint)
);

CREATE TABLE fiscal_journal (
	id BLOB NOT NULL, 
	shop_id BLOB NOT NULL, 
	device_id BLOB NOT NULL, 
	n INTEGER NOT NULL, 
	previous_hash TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	hash_version INTEGER NOT NULL, 
	at INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	document_id BLOB, 
	reference TEXT, 
	body BLOB NOT NULL, 
	PRIMARY KEY (id)
);

CREATE UNIQUE INDEX ix_fiscal_journal_chain ON fiscal_journal (device_id, n);

CREATE INDEX ix_fiscal_journal_document ON fiscal_journal (document_id);

CREATE INDEX ix_fiscal_journal_reference ON fiscal_journal (reference, kind);

CREATE TABLE fiscal_outbox (
	document_id BLOB NOT NULL, 
	shop_id BLOB NOT NULL, 
	device_id BLOB NOT NULL, 
	number TEXT NOT NULL, 
	issued_at INTEGER NOT NULL, 
	seal_n INTEGER NOT NULL, 
	payload BLOB, 
	state TEXT NOT NULL, 
	late INTEGER NOT NULL, 
	attempts INTEGER NOT NULL, 
	next_try_at INTEGER NOT NULL, 
	submit_before INTEGER, 
	code TEXT, 
	message TEXT, 
	confirmation TEXT, 
	PRIMARY KEY (document_id)
);

CREATE INDEX ix_fiscal_outbox_due ON fiscal_outbox (state, seal_n);

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

CREATE TABLE sync_cursor (
	scope TEXT NOT NULL, 
	cursor INTEGER NOT NULL, 
	horizon INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (scope)
);

CREATE TABLE sync_lost (
	n INTEGER NOT NULL, 
	collection TEXT NOT NULL, 
	"row" TEXT NOT NULL, 
	field TEXT NOT NULL, 
	stands TEXT NOT NULL, 
	PRIMARY KEY (n, collection, "row", field)
);

CREATE TABLE sync_noted (
	collection TEXT NOT NULL, 
	"row" TEXT NOT NULL, 
	code TEXT NOT NULL, 
	PRIMARY KEY (collection, "row")
);

CREATE TABLE sync_orphan (
	collection TEXT NOT NULL, 
	"row" BLOB NOT NULL, 
	field TEXT NOT NULL, 
	parent TEXT NOT NULL, 
	parent_row BLOB NOT NULL, 
	scope TEXT NOT NULL, 
	missed INTEGER NOT NULL, 
	PRIMARY KEY (collection, "row", field)
)
 WITHOUT ROWID

;

CREATE TABLE sync_progress (
	name TEXT NOT NULL, 
	value INTEGER NOT NULL, 
	PRIMARY KEY (name)
);

CREATE TABLE sync_refused (
	n INTEGER NOT NULL, 
	verdict TEXT NOT NULL, 
	PRIMARY KEY (n)
);

CREATE TABLE sync_seen (
	collection TEXT NOT NULL, 
	"row" BLOB NOT NULL, 
	PRIMARY KEY (collection, "row")
)
 WITHOUT ROWID

;

CREATE TABLE sync_server (
	"key" TEXT NOT NULL, 
	PRIMARY KEY ("key")
);

CREATE TABLE sync_snapshot (
	listing TEXT NOT NULL, 
	chunk INTEGER NOT NULL, 
	"row" INTEGER NOT NULL, 
	PRIMARY KEY (listing)
);

CREATE TABLE sync_stray (
	collection TEXT NOT NULL, 
	"row" TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	"values" TEXT NOT NULL, 
	PRIMARY KEY (collection, "row", hash)
);

CREATE TABLE sync_unread (
	collection TEXT NOT NULL, 
	"row" BLOB NOT NULL, 
	PRIMARY KEY (collection, "row")
)
 WITHOUT ROWID

;

CREATE TABLE sync_upload (
	collection TEXT NOT NULL, 
	late INTEGER NOT NULL, 
	"row" TEXT NOT NULL, 
	PRIMARY KEY (collection)
);

CREATE VIRTUAL TABLE customer_words USING fts5(words, content='', contentless_delete=1, prefix='1 2 3', detail=column, tokenize='unicode61');

CREATE VIRTUAL TABLE customer_digits USING fts5(digits, content='', contentless_delete=1, tokenize='trigram');

