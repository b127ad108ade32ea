import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact } from '../../../src/diagnosis/redaction/redact.ts';
import { hostileText, SECRETS } from '../../formatters/hostile.ts';

describe('redact', () => {
  it.each([
    [
      'postgresql://ktrdr:s3cr3t@db.internal:5432/ktrdr refused',
      'postgresql://ktrdr:[redacted]@db.internal:5432/ktrdr refused',
    ],
    ['redis://:p%40ss@cache:6379/0', 'redis://:[redacted]@cache:6379/0'],
    ['Authorization: Basic dXNlcjpwYXNz', 'Authorization: Basic [redacted]'],
    ['headers={"Authorization": "Bearer abc.def-123"}', 'headers={"Authorization": "Bearer [redacted]"}'],
    ['sent bearer 0a1b2c3d4e5f to it', 'sent bearer [redacted] to it'],
    ['DB_PASSWORD=s3cr3t; next', 'DB_PASSWORD=[redacted]; next'],
    ["{'api_key': 'abc', 'symbol': 'EURUSD'}", "{'api_key': '[redacted]', 'symbol': 'EURUSD'}"],
    ['ANTHROPIC_API_KEY: sk-ant-abc', 'ANTHROPIC_API_KEY: [redacted]'],
    ['curl -s -u admin:pw1 http://h:8000/x', 'curl -s -u admin:[redacted] http://h:8000/x'],
    ['key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'key [redacted]'],
    ['http://h/x?token=abc123&since=24h', 'http://h/x?token=[redacted]&since=24h'],
    ['write to alice@example.com', 'write to [redacted e-mail]'],
    ['-----BEGIN EC PRIVATE KEY-----\nabc', '[redacted]'],
  ])('takes the secret out of %j', (text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it.each([
    ['AWS', `${'AK'}${'IA'}${'QX7'.repeat(5)}Z`],
    ['GitHub', `${'gh'}p_${'aB3dE6'.repeat(6)}`],
    ['Google', `${'AI'}za${'Sy0-aB_'.repeat(5)}`],
    ['Slack', `${'xo'}xb-${'1a2b3c'.repeat(4)}`],
  ])('takes a key of %s out of a sentence that does not announce it', (_, key) => {
    expect(redact(`quota of ${key} exceeded`)).toBe('quota of [redacted] exceeded');
  });

  it.each([
    'op_training_20260109_060025_4183136f failed on training-worker-accc5f34',
    'op_data_load_20260109_060025_4183136f key op_backtesting_20261123_070418_6aa5643a',
    'trace 4bf92f3577b34da6a3ce929d0e0e4736 span 00f067aa0ba902b7',
    'token of trace 4bf92f3577b34da6a3ce929d0e0e4736',
    'http://localhost:8000/api/v1/workers and jaeger.internal:16686 and 10.0.0.5:5002',
    "KeyError: 'close_price_normalized_v2'",
    'model file missing: models/v3_minimal/1h_v1/model_v12.pt, key models/v3_minimal/1h_v1/model_v12.pt',
    'total_tokens: 18234, max_tokens=4096',
    'ssh root@gpu.internal.example docker ps',
    'validation pass: 3 of 5',
    'password authentication failed for user',
  ])('leaves %j as it is', (text) => {
    expect(redact(text)).toBe(text);
  });

  it("applies the operator's patterns everywhere, global or not", () => {
    expect(redact('acct DU123 and DU456', [/DU\d+/])).toBe('acct [redacted] and [redacted]');
  });

  it('does nothing the second time, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(hostileText, fc.constantFrom(...SECRETS, 'password=', 'token ', '://', '@', '"', ' ')), {
          maxLength: 8,
        }),
        (parts) => {
          const once = redact(parts.join(''));
          expect(redact(once)).toBe(once);
        },
      ),
    );
  });
});
