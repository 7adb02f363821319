/** Which order this screen follows, kept over a reload of the page. */
export interface OrderMemory {
  /** Ids to ask for after a reload, the likeliest first; empty when there is none. */
  ids(): readonly string[];
  /** Before an order is sent: should the page die now, the order is found again. */
  sending(id: string): void;
  /** The order is known to desk, and is the one. */
  remember(id: string): void;
  forget(): void;
}

const orderKey = 'decant.order';
const sendingKey = 'decant.sending';

/** Kept in `storage`; in a browser its `sessionStorage`. */
export function orderMemory(storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>): OrderMemory {
  return {
    ids: () => [storage.getItem(sendingKey), storage.getItem(orderKey)].filter((id) => id !== null),
    sending: (id) => storage.setItem(sendingKey, id),
    remember: (id) => {
      storage.setItem(orderKey, id);
      storage.removeItem(sendingKey);
    },
    forget: () => {
      storage.removeItem(orderKey);
      storage.removeItem(sendingKey);
    },
  };
}
