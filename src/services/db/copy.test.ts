import { dbCopyContract } from '../../../tests/kit/db-copy-contract.ts';
import { mariadbCopyWorld, postgresCopyWorld, sqliteCopyWorld } from '../../../tests/kit/db-copy-worlds.ts';

dbCopyContract('mysql on MariaDB', mariadbCopyWorld);
dbCopyContract('postgresql on PostgreSQL', postgresCopyWorld);
dbCopyContract('sqlite', sqliteCopyWorld);
