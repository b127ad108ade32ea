/** The PEM files of the settings: whether they can be read, are what they should be, and are valid today. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Config } from '../../config/environment.ts';
import { DAY_MS } from '../../language/durations.ts';
import { error, type Problem, warning } from './report.ts';

const SOON_MS = 14 * DAY_MS;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

export async function certificateProblems({ jaeger, ktrdr, queue }: Config): Promise<readonly Problem[]> {
  const { ca, cert, key } = queue.redisFiles;
  const files = {
    JAEGER_CA_FILE: jaeger.caFile,
    KTRDR_API_CA_FILE: ktrdr.caFile,
    REDIS_CA_FILE: ca,
    REDIS_CERT_FILE: cert,
  };
  const found = await Promise.all(
    Object.entries(files).map(([variable, path]) => (path === null ? [] : problemsOf(variable, path))),
  );
  return [...found.flat(), ...(cert === null || key === null ? [] : await keyProblems(cert, key))];
}

async function problemsOf(variable: string, path: string): Promise<readonly Problem[]> {
  const text = await readOrNull(path);
  if (text === null) return [unreadable(variable)];
  const certificates = readCertificates(text);
  if (certificates === null)
    return [error(variable, `${variable} is a file without a readable PEM certificate (-----BEGIN CERTIFICATE-----).`)];
  return certificates.flatMap((certificate) => validity(variable, certificate));
}

function validity(variable: string, { validFrom, validTo }: X509Certificate): readonly Problem[] {
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  if (Date.now() > to) return [error(variable, `A certificate in ${variable} expired on ${day(to)}: replace it.`)];
  if (Date.now() < from)
    return [
      error(variable, `A certificate in ${variable} isn't valid until ${day(from)}: check the file and the clock.`),
    ];
  if (Date.now() > to - SOON_MS) return [warning(variable, `A certificate in ${variable} expires on ${day(to)}.`)];
  return [];
}

async function keyProblems(certFile: string, keyFile: string): Promise<readonly Problem[]> {
  const [cert, key] = await Promise.all([readOrNull(certFile), readOrNull(keyFile)]);
  if (key === null) return [unreadable('REDIS_KEY_FILE')];
  const certificate = readCertificates(cert ?? '')?.[0];
  if (certificate === undefined) return [];
  try {
    if (certificate.checkPrivateKey(createPrivateKey(key))) return [];
    return [error('REDIS_KEY_FILE', "REDIS_KEY_FILE doesn't match the certificate in REDIS_CERT_FILE.")];
  } catch {
    return [error('REDIS_KEY_FILE', 'REDIS_KEY_FILE is a file without a readable PEM key.')];
  }
}

/** Null when there is none, or one that can't be read. */
function readCertificates(text: string): readonly X509Certificate[] | null {
  try {
    const certificates = (text.match(CERTIFICATE) ?? []).map((pem) => new X509Certificate(pem));
    return certificates.length === 0 ? null : certificates;
  } catch {
    return null;
  }
}

function unreadable(variable: string): Problem {
  return error(
    variable,
    `${variable} is a file that can't be read: check the path and the permissions of the bot's user.`,
  );
}

async function readOrNull(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null);
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
