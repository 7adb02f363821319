/* The requests of the protocol: what each does and answers. */
#ifndef DECANT_REQUESTS_H
#define DECANT_REQUESTS_H

#include <stdbool.h>

#include "link.h"

void requests_begin(void);
/* LATER: it has to wait. PASSED: its answer, if it got one, is not to be kept. */
enum served { LATER, SERVED, PASSED };
/* Carries the request out and answers it. */
enum served requests_serve(const struct request *request);
/* The session's number, 0 while there is none. */
uint32_t requests_session(void);

#endif
