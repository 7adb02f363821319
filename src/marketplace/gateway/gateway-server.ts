import type { Server } from 'node:https';
import type { FastifyInstance } from 'fastify';

/** The HTTPS server to which routes are added. */
export type Gateway = FastifyInstance<Server>;
