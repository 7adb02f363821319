import type { FastifyInstance } from 'fastify';
import { Failure } from '#shared/failure.ts';

/**
 * Listens on 127.0.0.1 and answers the address such as `http://127.0.0.1:4000`; port 0 takes a free one.
 * @throws Failure `config/port-taken` with the option that sets the port.
 */
export async function listenOnLoopback(server: FastifyInstance, port: number, option: string): Promise<string> {
  try {
    return await server.listen({ host: '127.0.0.1', port });
  } catch (error) {
    await server.close();
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE')
      throw new Failure('config/port-taken', { port, option }, error);
    throw error;
  }
}
