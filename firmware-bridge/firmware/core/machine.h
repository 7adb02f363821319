/* What hangs on the pins in this session: whether it is laid out, and the supply of its pumps. */
#ifndef DECANT_MACHINE_H
#define DECANT_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "rules.h"

/* Ends what runs, cuts the supply, lets go of all pins and forgets the layout. */
void machine_forget(void);
struct verdict machine_add_supply(uint8_t pin, uint8_t flags);
/* Reads every output back and switches the supply on. */
struct verdict machine_enable(void);
/* All outputs off and the supply too; the job, if one runs, ends with `end`. */
void machine_cut(enum end end);
/* Whether the layout stands. */
bool machine_locked(void);
/* Whether a job may be armed, and why not. */
struct verdict machine_ready(void);
/* Guards job and outputs; `ms` as for `inputs_poll`. Answers whether an input changed. */
bool machine_watch(bool ms);

#endif
