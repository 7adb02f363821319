/* The requests of the protocol: what each does and answers. */
#ifndef DECANT_REQUESTS_H
#define DECANT_REQUESTS_H

#include <stdbool.h>

#include "link.h"

void requests_begin(void);
/* Carries the request out and answers it; false when it has to wait. */
bool requests_serve(const struct request *request);
/* The session's number, 0 while there is none. */
uint32_t requests_session(void);

#endif
