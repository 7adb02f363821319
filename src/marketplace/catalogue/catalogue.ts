import type { Listing, OfferRequest } from '#wire/marketplace-api.ts';
import type { Payload } from '#wire/messages.ts';
import type { Transaction } from '../database/database.ts';
import { list, listings, picture } from './listings.ts';
import { acceptOffer, makeOffer } from './offers.ts';
import type { CataloguePorts } from './ports.ts';
import { publishedRecipe, publishRecipe, type RecipeName, sealedFile } from './recipes.ts';

/** The service "catalogue": sealed recipes, which it cannot read, and offers. */
export interface Catalogue {
  publish(name: RecipeName, sealed: Uint8Array): Promise<void>;
  list(message: Uint8Array): Promise<void>;
  listings(machineClass: string): Promise<readonly Listing[]>;
  sealed(name: RecipeName): Promise<Uint8Array>;
  picture(name: RecipeName): Promise<Uint8Array>;
  offer(machine: string, request: OfferRequest): Promise<Uint8Array>;
  accept(
    transaction: Transaction,
    machine: string,
    digest: Uint8Array,
  ): Promise<{ offer: Payload<'OFFER'>; licensor: string }>;
  published(recipe: Uint8Array, version: number): Promise<{ manifest: Uint8Array; author: string } | null>;
}

export function makeCatalogue(ports: CataloguePorts): Catalogue {
  return {
    publish: (name, sealed) => publishRecipe(ports, name, sealed),
    list: (message) => list(ports, message),
    listings: (machineClass) => listings(ports, machineClass),
    sealed: (name) => sealedFile(ports, name),
    picture: (name) => picture(ports, name),
    offer: (machine, request) => makeOffer(ports, machine, request),
    accept: (transaction, machine, digest) => acceptOffer(ports, transaction, machine, digest),
    published: (recipe, version) => publishedRecipe(ports, recipe, version),
  };
}
