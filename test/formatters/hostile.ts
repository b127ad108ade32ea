/** Texts that try to get out of where they are shown, and diagnoses full of them. */
import fc from 'fast-check';
import type { Diagnosis } from '../../src/diagnosis/finding.ts';
import { EXAMPLES } from './diagnoses.ts';

export const SECRETS = [
  'hunter2hunter2',
  'xoxb-123456789012-abcdefABCDEF',
  'AKIAIOSFODNN7EXAMPLE',
  'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  'MIIEowIBAAKCAQEA7yn3bRHQ5FHM',
  'ghp_0123456789abcdefghijABCDEFGHIJ',
  'alice@example.com',
] as const;

const [password, slack, aws, awsKey, pem, github, mail] = SECRETS;

export const TRICKS = [
  '<!channel> <!here> <@U012AB3CD> <#C012AB3CD> <!subteam^S1|all> @here',
  '&lt;!channel&gt; &amp;lt;',
  '<http://evil.example|https://jaeger.example.org/trace/1>',
  '`rm -rf /` ``` *bold* _it_ ~no~',
  '\u202egnp.exe\u202c \u2066x\u2069 zero\u200bwidth \ufeff',
  'a\u0000b\u0007c\u001b[31mred\u009b0m',
  'half \ud800 and \udfff',
  '"></text><script>alert(1)</script><img src=x onerror=alert(1)>',
  '"""\\\\\\"""'.repeat(200),
  '😀'.repeat(500),
  '&'.repeat(4000),
  '`'.repeat(3000),
  'line\r\n\n\nline\u2028line',
  '',
  ' ',
  `postgresql://ktrdr:${password}@db.internal:5432/ktrdr`,
  `Authorization: Bearer ${github}\n  password=${password}`,
  `token ${slack} and ${aws}, aws_secret_access_key = ${awsKey}`,
  `-----BEGIN RSA PRIVATE KEY-----\n${pem}\n-----END RSA PRIVATE KEY-----`,
  `mail ${mail} for help`,
  `Traceback (most recent call last):\n${'  File "/app/ktrdr/x.py", line 12, in run\n    raise ValueError("no")\n'.repeat(1200)}`,
];

const KEPT = new Set([
  'verdict',
  'status',
  'statusSource',
  'severity',
  'confidence',
  'scenario',
  'kind',
  'effect',
  'state',
  'name',
]);

export const hostileText = fc.oneof(fc.constantFrom(...TRICKS), fc.string({ unit: 'binary', maxLength: 200 }));

/** An example with every free text replaced and every list made long. */
export const hostileDiagnosis: fc.Arbitrary<Diagnosis> = fc
  .record({
    example: fc.constantFrom(...Object.values(EXAMPLES)),
    texts: fc.array(hostileText, { minLength: 1, maxLength: 12 }),
    copies: fc.constantFrom(1, 3, 12),
  })
  .map(({ example, texts, copies }) => {
    let next = 0;
    const text = JSON.stringify(example, (key, value: unknown) => {
      if (Array.isArray(value)) return Array.from({ length: copies }, () => value).flat();
      if (typeof value !== 'string' || KEPT.has(key)) return value;
      next += 1;
      return texts[next % texts.length];
    });
    const diagnosis: Diagnosis = JSON.parse(text);
    return diagnosis;
  });
