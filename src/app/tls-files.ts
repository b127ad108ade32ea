import type { Config } from '../config/environment.ts';
import { readPemFile } from './sources.ts';

/** Reads the certificates and key for a TLS connection to Redis. Throws a `ConfigError` when a file can't be read. */
export async function readTlsFiles({ redisFiles: { ca, cert, key } }: Pick<Config['queue'], 'redisFiles'>) {
  return {
    ca: await readPemFile('REDIS_CA_FILE', ca),
    cert: await readPemFile('REDIS_CERT_FILE', cert),
    key: await readPemFile('REDIS_KEY_FILE', key),
  };
}
