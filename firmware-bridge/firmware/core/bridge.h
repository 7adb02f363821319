/* The firmware, but for what drives the hardware. */
#ifndef DECANT_BRIDGE_H
#define DECANT_BRIDGE_H

/* After each reset, once the target has its time base and its line. */
void bridge_begin(void);
/* One round of the main loop; must come round within 120 ms. */
void bridge_turn(void);

#endif
