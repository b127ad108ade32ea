/** Escaping for XML and HTML and for Slack's mrkdwn, and the way back. */

const XML_ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const DECODED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

/** Text for an element or a quoted attribute of XML or HTML; characters that XML forbids are left out. */
export function escapeXml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  const allowed = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '');
  return allowed.replace(/[&<>"']/g, (character) => XML_ENTITIES[character] ?? character);
}

/** For Slack's mrkdwn, which escapes exactly `&`, `<`, and `>`. */
export function escapeMrkdwn(text: string): string {
  return text.replace(/[&<>]/g, (character) => XML_ENTITIES[character] ?? character);
}

/** Undoes one escaping. */
export function decodeEntities(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_entity, name: string) => DECODED[name] ?? '');
}

/** Undoes any number of Slack's escapings, so that nothing is left that a second decoding would change. */
export function decodeEntitiesFully(text: string): string {
  return text.replace(/&(?:amp;)*(lt|gt|amp);/g, (_entity, name: string) => DECODED[name] ?? '');
}
