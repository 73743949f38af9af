-- The database of a workspace as Regulars 0.1.0 made it, before there were migrations.
BEGIN TRANSACTION;
CREATE TABLE accepted_forecasts (
	version VARCHAR(20) NOT NULL, 
	as_of VARCHAR(10) NOT NULL, 
	series_id VARCHAR(300) NOT NULL, 
	who TEXT NOT NULL, 
	at TEXT NOT NULL, 
	PRIMARY KEY (version, as_of, series_id)
);
INSERT INTO "accepted_forecasts" VALUES('1','2024-07-01','BEER','maria','2026-11-25T21:47:49+00:00');
CREATE TABLE alerts (
	id INTEGER NOT NULL, 
	level TEXT NOT NULL, 
	source TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	text TEXT NOT NULL, 
	first_at TEXT NOT NULL, 
	last_at TEXT NOT NULL, 
	times INTEGER NOT NULL, 
	closed_at TEXT, 
	closed_by TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "alerts" VALUES(1,'mild','drift','churn/3','4 of 10 features drifted','2026-11-25T21:47:49+00:00','2026-11-25T21:47:49+00:00',1,NULL,NULL);
INSERT INTO "alerts" VALUES(2,'severe','registry','demand/1','damaged','2026-11-25T21:47:49+00:00','2026-11-25T21:47:49+00:00',1,'2026-11-25T21:47:49+00:00','ada');
CREATE TABLE api_keys (
	id VARCHAR(16) NOT NULL, 
	name VARCHAR(100) NOT NULL, 
	token_hash VARCHAR(64) NOT NULL, 
	rights VARCHAR(200) NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME, 
	revoked_at DATETIME, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
INSERT INTO "api_keys" VALUES('b630bef89f61','shop front','f68df79fb8fd45143c5b77684791bf2be0d5049708e2ea1d02b90dc54cf37a09','events,predict','2026-11-25 21:47:49.769213',NULL,NULL);
INSERT INTO "api_keys" VALUES('e1b04909c909','crm','51c4265165ac107209f2f849ad960334b09e13e36a106cc6682464bde805b1d2','feedback','2026-11-25 21:47:49.773102',NULL,'2026-11-25 21:47:49.777079');
CREATE TABLE audit_log (
	seq INTEGER NOT NULL, 
	at TEXT NOT NULL, 
	action TEXT NOT NULL, 
	who TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	details TEXT NOT NULL, 
	mac TEXT NOT NULL, 
	PRIMARY KEY (seq)
);
INSERT INTO "audit_log" VALUES(1,'2026-11-25T21:47:49.710+00:00','promote','ada','churn/3','{"reason": "better"}','4e0790867502bac830024b78b8031a93790aa2a9ab1244ef96f5d43dd08fd710');
INSERT INTO "audit_log" VALUES(2,'2026-11-25T21:47:49.717+00:00','approve','grace','demand/1','{"reason": "Käse is a season, 5% ''more''"}','afce89eb2b45b42b5a84699c21e3f602ec49e5a6a994e1dfb4eaa495b3df36f6');
INSERT INTO "audit_log" VALUES(3,'2026-11-25T21:47:49.823+00:00','accept forecasts','maria','demand/1','{"as_of": "2024-07-01", "reason": "a hot summer", "series": ["BEER"]}','e82e9a446828d4c00afde08f33f639037343274eb5f411d3c26d596d7ef763e9');
CREATE TABLE feedback (
	feedback_id VARCHAR(40) NOT NULL, 
	prediction_id VARCHAR(40) NOT NULL, 
	received_at DATETIME NOT NULL, 
	key_name VARCHAR(100), 
	outcome TEXT NOT NULL, 
	PRIMARY KEY (feedback_id)
);
INSERT INTO "feedback" VALUES('01a214ade2ad6cc253d6d99d98b4046e','018f00000000abababababababababab','2026-11-25 21:47:49.805524','crm','{"bought": true, "value": 12.5}');
CREATE TABLE monitoring_runs (
	id INTEGER NOT NULL, 
	as_of TEXT NOT NULL, 
	at TEXT NOT NULL, 
	document TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "monitoring_runs" VALUES(1,'2024-07-01','2024-07-01T00:00:00+00:00','{"models": []}');
CREATE TABLE prediction_results (
	prediction_id VARCHAR(40) NOT NULL, 
	position INTEGER NOT NULL, 
	subject VARCHAR(300) NOT NULL, 
	item VARCHAR(300), 
	value FLOAT, 
	fallback VARCHAR(40), 
	PRIMARY KEY (prediction_id, position)
);
INSERT INTO "prediction_results" VALUES('018f00000000abababababababababab',0,'007',NULL,0.25,NULL);
INSERT INTO "prediction_results" VALUES('018f00000000abababababababababab',1,'8',NULL,NULL,'no_consent');
CREATE TABLE predictions (
	prediction_id VARCHAR(40) NOT NULL, 
	made_at DATETIME NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	model VARCHAR(40) NOT NULL, 
	version VARCHAR(20) NOT NULL, 
	variant VARCHAR(20) NOT NULL, 
	request TEXT NOT NULL, 
	PRIMARY KEY (prediction_id)
);
INSERT INTO "predictions" VALUES('018f00000000abababababababababab','2024-08-01 12:00:00.000000','churn','churn','3','champion','{"explain": false}');
CREATE TABLE received_events (
	sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	event_key VARCHAR(64) NOT NULL, 
	received_at DATETIME NOT NULL, 
	customer_id VARCHAR(300) NOT NULL, 
	content TEXT NOT NULL, 
	applied_at DATETIME, 
	ingested_at DATETIME, 
	UNIQUE (event_key)
);
INSERT INTO "received_events" VALUES(1,'e9f57a9523d19d0ea15a1247cb3920425938c58333d531fff1c5d72c5e49815b','2026-11-25 21:47:49.746590','007','{"customer_id": "007", "kind": "view", "nonce": null, "occurred_at": "2024-08-01T12:00:00+00:00", "order_id": null, "product_id": "1", "quantity": null, "text": null, "value": null}','2026-11-25 21:47:49.757580','2026-11-25 21:47:49.761350');
INSERT INTO "received_events" VALUES(2,'d2a9d35800bcc0a360484d2c24d3f6f07a7b674cd4d493493c8a8183b1db5319','2026-11-25 21:47:49.746703','8','{"customer_id": "8", "kind": "purchase", "nonce": null, "occurred_at": "2024-08-01T12:00:00+00:00", "order_id": null, "product_id": "2", "quantity": 1.0, "text": null, "value": 3.5}',NULL,NULL);
CREATE INDEX ix_received_events_ingested_at ON received_events (ingested_at);
CREATE INDEX ix_received_events_applied_at ON received_events (applied_at);
CREATE INDEX ix_received_events_customer_id ON received_events (customer_id);
CREATE INDEX ix_feedback_prediction_id ON feedback (prediction_id);
CREATE INDEX ix_prediction_results_subject ON prediction_results (subject);
CREATE INDEX ix_predictions_made_at ON predictions (made_at);
CREATE INDEX ix_monitoring_runs_as_of ON monitoring_runs (as_of);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('received_events',2);
COMMIT;
