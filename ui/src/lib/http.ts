/** Requests to the page's own server, and what went wrong with them. */
import type { Problem } from './generated/skin/Problem';
import type { ProblemCode } from './generated/skin/ProblemCode';

/** An answer that is not a success, or none at all (`backend_unreachable`). */
export class RequestFailed extends Error {
  readonly code: ProblemCode;

  constructor({ code, message }: Problem) {
    super(message);
    this.name = 'RequestFailed';
    this.code = code;
  }

  /** Whether trying again later can help, with nothing changed. */
  get passing(): boolean {
    return this.code === 'backend_unreachable' || this.code === 'backend_timeout';
  }
}

/** The answer to a request; fails with `RequestFailed` for whatever is not a success. */
export async function answered(path: string, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, credentials: 'same-origin', cache: 'no-store' });
  } catch {
    throw new RequestFailed({
      code: 'backend_unreachable',
      message: 'The server of this page does not answer.',
    });
  }
  if (response.ok) return response;
  throw new RequestFailed(await problemOf(response));
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const problem = (await response.json()) as Partial<Problem>;
    if (problem.code !== undefined && problem.message !== undefined) {
      return { code: problem.code, message: problem.message };
    }
  } catch {
    // Not JSON: somebody between us and the server answered.
  }
  return {
    code: 'internal',
    message: `The server answered ${response.status} ${response.statusText}`.trim(),
  };
}
