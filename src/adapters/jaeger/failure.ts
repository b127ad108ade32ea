/** Why a response of Jaeger is of no use. */
import type { SourceFailure } from '../../jobs/ports.ts';
import type { Reply, Service } from '../http/client.ts';
import * as http from '../http/reply.ts';

export const JAEGER: Service = {
  name: 'Jaeger',
  urlVariable: 'JAEGER_URL',
  headersVariable: 'JAEGER_HEADERS',
  caFileVariable: 'JAEGER_CA_FILE',
  maxBytesVariable: 'JAEGER_MAX_BYTES',
};

/** Rejections that no API of Jaeger makes itself: they come from a proxy or login in front of it, and no retry helps. */
export function refusalOf(reply: Reply, host: string): SourceFailure | null {
  const refusal = http.refusalOf(reply, host, JAEGER);
  if (refusal?.code !== 'refused' || !/tenant/i.test(refusal.reason)) return refusal;
  return { ...refusal, advice: `Set the tenant header in ${JAEGER.headersVariable}.` };
}

/** A response in a shape that this API never has. */
export function strangeAnswer(reply: Reply, host: string): SourceFailure {
  const failure = http.unusable(reply, host, JAEGER);
  if (failure.code === 'refused' && reply.status === 404) return { ...failure, reason: NO_API, advice: CHECK_PATH };
  return failure;
}

const NO_API = 'there is no Jaeger query API at this URL';
const CHECK_PATH = `Check the port and base path in ${JAEGER.urlVariable}. Other trace stores need their Jaeger-compatible URL.`;
