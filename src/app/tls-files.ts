import type { Config } from '../config/environment.ts';
import { readPemFile } from './sources.ts';

/** What a connection to Redis with TLS needs. Throws a `ConfigError` when a file cannot be read. */
export async function readTlsFiles({ redisFiles: { ca, cert, key } }: Pick<Config['queue'], 'redisFiles'>) {
  return {
    ca: await readPemFile('REDIS_CA_FILE', ca),
    cert: await readPemFile('REDIS_CERT_FILE', cert),
    key: await readPemFile('REDIS_KEY_FILE', key),
  };
}
