/** Passwords after the short options of commands: `curl -u user:password`, `sshpass -p password`, `mysql -ppassword`. */
import { bareEnd } from './bare.ts';
import type { Hidden } from './mark.ts';
import { isPlain } from './plain.ts';
import { quotationAt } from './quoted.ts';

const USER = /(?<=\s|["'])(?:-u|--user|--userpwd|--proxy-user)(?:\s{1,3}|=)["']?([^\s:"']{1,100}):(?=[^\s:])/g;
/** Command, then the option of its password; `=` and spaces may separate option and value. */
const COMMAND =
  /\b(?:(?:sshpass|mongo(?:sh|dump|restore)?|smbclient|(?:docker|podman|helm|npm|az|oc|nuget|argocd)\s(?:registry\s)?login)\b[^\n|;]{0,200}?\s-p[ =]{0,2}|(?:mysql|mariadb)\w{0,9}\b[^\n|;]{0,200}?\s-p|redis-cli\b[^\n|;]{0,200}?\s-a\s{1,3}|ldap\w{3,9}\b[^\n|;]{0,200}?\s-w\s{1,3}|htpasswd\s-\w{0,4}b\w{0,4}\s\S{1,80}\s\S{1,80}\s)(?=[^\s-])/g;

export function optionsIn(text: string): readonly Hidden[] {
  const users = text.includes('-u') ? Array.from(text.matchAll(USER), (match) => valueAt(text, endOf(match))) : [];
  const commands = text.includes(' -')
    ? Array.from(text.matchAll(COMMAND), (match) => valueAt(text, endOf(match)))
    : [];
  // `docker run -u 1000:1000` names a group.
  return [...users, ...commands].filter(({ start, end }) => !isGroup(text.slice(start, end)));
}

function valueAt(text: string, at: number): Hidden {
  return quotationAt(text, at) ?? { start: at, end: bareEnd(text, at, false) };
}

function isGroup(value: string): boolean {
  return /^\d{1,5}$/.test(value) || isPlain({ text: value, kind: 'password', isQuoted: true, isProse: false });
}

function endOf(match: RegExpExecArray): number {
  return match.index + match[0].length;
}
