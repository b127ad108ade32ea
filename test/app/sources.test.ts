import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildSources, clockFrom } from '../../src/app/sources.ts';
import { loadConfig } from '../../src/config/environment.ts';
import { type Certificate, certificate, type Running, serve } from '../adapters/http/misbehaving-server.ts';

const signal = new AbortController().signal;

describe('private certificate authorities', () => {
  let own: Certificate;
  let running: Running;
  let directory: string;
  beforeAll(async () => {
    own = certificate();
    running = await serve((_request, response) => void response.end('{"data":[]}'), own);
    directory = mkdtempSync(join(tmpdir(), 'ca-'));
    writeFileSync(join(directory, 'ca.pem'), own.cert);
  });
  afterAll(async () => {
    await running.close();
    rmSync(directory, { recursive: true });
  });

  function sources(env: Readonly<Record<string, string>>) {
    const urls = { JAEGER_URL: `https://${running.host}`, JAEGER_API: 'v1', KTRDR_API_URL: `https://${running.host}` };
    return buildSources(loadConfig({ ...urls, ...env }), clockFrom(null));
  }

  it('are read for each source from its own file', async () => {
    const file = join(directory, 'ca.pem');
    const jaegerOnly = await sources({ JAEGER_CA_FILE: file });
    expect(await jaegerOnly.traces.services(signal)).toMatchObject({ kind: 'services' });
    expect(await jaegerOnly.ktrdr?.workers(signal)).toMatchObject({ kind: 'unavailable' });
    const ktrdrOnly = await sources({ KTRDR_API_CA_FILE: file });
    expect(await ktrdrOnly.traces.services(signal)).toMatchObject({ kind: 'unavailable' });
    expect(await ktrdrOnly.ktrdr?.workers(signal)).toMatchObject({ kind: 'workers' });
  });

  it.each(['JAEGER_CA_FILE', 'KTRDR_API_CA_FILE'])('stop the start when %s can’t be read', async (variable) => {
    await expect(sources({ [variable]: join(directory, 'missing.pem') })).rejects.toThrow(variable);
  });
});
