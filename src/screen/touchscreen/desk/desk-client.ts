import type { NewOrder, OrderView, ProblemView } from '#wire/screen-api.ts';

/** What the screen may ask desk for. Each call is answered, or rejects with `Refused`, within ten seconds. */
export interface DeskClient {
  order(id: string): Promise<OrderView>;
  /** The same id again is the same order. */
  place(order: NewOrder): Promise<OrderView>;
  ask(id: string, what: 'start' | 'stop' | 'hold' | 'resume' | 'cancel'): Promise<OrderView>;
}

/** Desk said no, or did not answer: `message/unavailable`, `message/timed-out`. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly problem: ProblemView;

  constructor(problem: ProblemView) {
    super(problem.code);
    this.problem = problem;
  }
}

const answerWithinMs = 10_000;

/** Desk, over `fetch` below `base` (`''` for the server that sent the page). */
export function deskClient(base: string, send: typeof fetch = fetch): DeskClient {
  const call = async <T>(path: string, body?: unknown): Promise<T> => {
    const answer = await request(send, `${base}/api${path}`, body);
    const content: unknown = await answer.json().catch(() => null);
    if (!answer.ok) throw new Refused(problemIn(content));
    // desk is the server that sent this page, and writes what `screen-api.ts` says
    return content as T;
  };
  return {
    order: (id) => call(`/orders/${id}`),
    place: (order) => call('/orders', order),
    ask: (id, what) => call(`/orders/${id}/${what}`, {}),
  };
}

async function request(send: typeof fetch, url: string, body: unknown): Promise<Response> {
  const signal = AbortSignal.timeout(answerWithinMs);
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal };
  try {
    return await send(url, body === undefined ? { signal } : post);
  } catch (error) {
    const late = error instanceof DOMException && error.name === 'TimeoutError';
    throw new Refused({ code: late ? 'message/timed-out' : 'message/unavailable', facts: {} });
  }
}

function problemIn(content: unknown): ProblemView {
  const given = content as Partial<ProblemView> | null;
  if (typeof given?.code !== 'string') return { code: 'message/unavailable', facts: {} };
  return { code: given.code, facts: given.facts ?? {} };
}
