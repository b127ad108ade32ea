import { type FakeSlack, isObject, type JsonObject } from '@ktrdr-bot/local-slack';

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: JsonObject;
  /** `error`, or an empty string when the call succeeded. */
  readonly error: string;
  /** Slack's sentences with JSON pointers. */
  readonly messages: readonly string[];
}

/** Calls the Web API as the SDK does: a form, with JSON in the nested fields. */
export async function call(
  slack: FakeSlack,
  method: string,
  args: JsonObject,
  token: string | null = slack.team.botToken,
): Promise<ApiAnswer> {
  const fields = Object.entries(args).map(([key, value]) => [
    key,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  const response = await fetch(slack.apiUrl + method, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    body: new URLSearchParams(Object.fromEntries(fields)).toString(),
  });
  const body: unknown = await response.json();
  const answer = isObject(body) ? body : {};
  const metadata = answer['response_metadata'];
  const messages = isObject(metadata) && Array.isArray(metadata['messages']) ? metadata['messages'].map(String) : [];
  return {
    status: response.status,
    headers: response.headers,
    body: answer,
    error: String(answer['error'] ?? ''),
    messages,
  };
}
