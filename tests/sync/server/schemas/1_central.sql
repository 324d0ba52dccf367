INSERT INTO sync_pairing ("code", "tenant", "expires_at", "used_by") VALUES ('446a1ddcaea447a057122ab2c2afff5b28815b483a82c53737ff1519f8507e4a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 1800001800000, NULL)
INSERT INTO sync_pairing ("code", "tenant", "expires_at", "used_by") VALUES ('cfaec0fc5079f8f1c97c9ea840c5aeaf41babf02a7948a0ea47a8f988ac68f08', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 1800001800000, NULL)
INSERT INTO sync_tenant ("tenant", "name", "created_at") VALUES ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'Salon Ana', 1800000000000)
INSERT INTO sync_tenant ("tenant", "name", "created_at") VALUES ('bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 'Salon Čeh', 1800000000000)
