/** The thread that creates the embedded database in the directory it is given. */
import { workerData } from 'node:worker_threads';
import { openDatabase } from './database.ts';

const db = await openDatabase(workerData);
await db.close();
