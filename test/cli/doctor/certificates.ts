import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Misconfiguration } from './misconfigurations.ts';

function certificate(folder: string, name: string, days: number) {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  const subject = ['-subj', '/CN=localhost', '-days', String(days)];
  const files = ['-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, ...files], { stdio: 'ignore' });
  return { key, cert };
}

/** `openssl req` knows no date but today. */
async function oldCertificate(folder: string) {
  const { key, cert } = certificate(folder, 'old', 1);
  const [config, request, old] = ['ca.cnf', 'old.csr', 'expired.crt'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const ca = [
    '[ca]',
    'default_ca=own',
    '[own]',
    `new_certs_dir=${folder}`,
    `database=${config}.index`,
    'rand_serial=yes',
  ];
  const policy = ['default_md=sha256', 'policy=any', '[any]', 'commonName=supplied'];
  await writeFile(config, [...ca, ...policy, ''].join('\n'));
  await writeFile(`${config}.index`, '');
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: 'ignore' });
  openssl('req', '-new', '-key', key, '-subj', '/CN=localhost', '-out', request);
  const times = ['-startdate', '20200101000000Z', '-enddate', '20200201000000Z'];
  openssl(
    'ca',
    '-batch',
    '-config',
    config,
    '-cert',
    cert,
    '-keyfile',
    key,
    ...times,
    '-in',
    request,
    '-out',
    old,
    '-notext',
  );
  return old;
}

const rediss = ({ url }: { readonly url: string }) => url.replace('redis:', 'rediss:');

export const OF_CERTIFICATES: readonly Misconfiguration[] = [
  {
    title: 'A certificate file that can’t be read',
    variable: 'JAEGER_CA_FILE',
    says: /JAEGER_CA_FILE is a file that can't be read/,
    make: () => ({ JAEGER_CA_FILE: '/nowhere/ca.pem' }),
  },
  {
    title: 'A certificate file without a certificate',
    variable: 'KTRDR_API_CA_FILE',
    says: /KTRDR_API_CA_FILE is a file without a readable PEM certificate/,
    async make({ folder }) {
      await writeFile(join(folder, 'no.pem'), 'no certificate');
      return { KTRDR_API_CA_FILE: join(folder, 'no.pem') };
    },
  },
  {
    title: 'A certificate that has expired',
    variable: 'REDIS_CA_FILE',
    says: /A certificate in REDIS_CA_FILE expired on 2020-02-01/,
    make: async ({ folder, redis }) => ({ REDIS_URL: rediss(redis), REDIS_CA_FILE: await oldCertificate(folder) }),
  },
  {
    title: 'A certificate that is about to expire',
    variable: 'JAEGER_CA_FILE',
    severity: 'warning',
    says: /A certificate in JAEGER_CA_FILE expires on \d{4}-/,
    make: ({ folder }) => ({ JAEGER_CA_FILE: certificate(folder, 'soon', 3).cert }),
  },
  {
    title: 'A key that is not the certificate’s',
    variable: 'REDIS_KEY_FILE',
    says: /REDIS_KEY_FILE doesn't match the certificate in REDIS_CERT_FILE/,
    make: ({ folder, redis }) => ({
      REDIS_URL: rediss(redis),
      REDIS_CERT_FILE: certificate(folder, 'one', 90).cert,
      REDIS_KEY_FILE: certificate(folder, 'two', 90).key,
    }),
  },
];
