/*
 * What the core asks of a microcontroller. A target gives these functions and a header `port_target.h` with
 *
 *   PORT_TICK_NS        one tick of the time base, nanoseconds
 *   PORT_TICKS_PER_MS   ticks in a millisecond, rounded up
 *   PORT_TENDING_TICKS  the most between two calls of `job_tend` while a job runs, and one more
 *   PORT_PINS           pins are numbered 0 … PORT_PINS - 1
 *   PORT_BOARD          name of the board, a string
 *   PORT_FEATURES       of HELLO: 1 speed, 2 scale, 4 flow meters
 *   PORT_NOINIT         attribute of what a reset must not clear
 *   PORT_ROM, port_rom_u32(p), port_rom_u8(p)   constant tables and how they are read
 *   PORT_BARRIER()      what is stored before it is stored before what comes after it, as an interrupt sees it
 *   struct port_image   the levels of all pump outputs, made ahead of time
 *
 * Three contexts call the core: the main loop (`bridge_turn`), the alarm (`job_alarm`, above everything else, at the tick
 * that was asked for) and the tending of a job (`job_tend`, at least each millisecond while a job runs, which the alarm and
 * every other interrupt may interrupt). Where a target cannot nest interrupts, tending may follow the alarm.
 */
#ifndef DECANT_PORT_H
#define DECANT_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "port_target.h"

/* Ticks since the reset; goes round at 2^32. */
uint32_t port_now(void);

/* Keeps interrupts away; answers what `port_unlock` needs to let them in again as before. */
uint8_t port_lock(void);
void port_unlock(uint8_t before);

/* The main loop came round; without this for 120 ms the target resets itself. */
void port_watchdog_kick(void);
/* Why it started: 0 unknown, 1 power, 2 external, 3 brown-out, 4 watchdog. */
uint8_t port_reset_cause(void);

bool port_pin_exists(uint8_t pin);
bool port_pin_has_speed(uint8_t pin);
bool port_pin_counts(uint8_t pin);

void port_pin_input(uint8_t pin, bool pull_up);
/* The level is set before the driver is enabled. */
void port_pin_output(uint8_t pin, bool level);
bool port_pin_read(uint8_t pin);
/* Every pin is an input without pull from here on, nothing is counted, no output is a pump's. */
void port_pins_release(void);

/* Makes the pin a pump's output, off. From here on images switch it. */
void port_output_begin(uint8_t pin, bool active_low, bool speed);

/* An image of which every output is off. */
void port_image_clear(struct port_image *image);
/* drive: 0 off, 1000 on, between them slowed by PWM. */
void port_image_put(struct port_image *image, uint8_t pin, bool active_low, uint16_t drive);
enum port_output { PORT_OUTPUT_OFF, PORT_OUTPUT_ON, PORT_OUTPUT_SLOWED };
/* What the output is by this image. */
enum port_output port_image_state(const struct port_image *image, uint8_t pin, bool active_low);
/* All outputs at once; short, because it runs in the alarm. */
void port_image_apply(const struct port_image *image);

/* Asks for `job_alarm` at the tick, or so little before it that `port_await` waits for the rest. */
void port_alarm_set(uint32_t tick);
/* Whether the tick has come. A target whose alarm comes early waits for one that is that near. */
bool port_await(uint32_t tick);
/* Starts and ends the calls of `job_tend`. */
void port_tending(bool on);
/* Asks for `job_tend` once more as soon as possible; called in the alarm and in the tending. */
void port_tend_soon(void);

/* Calls `meter_pulse(slot)` each time the pin becomes active. */
void port_meter_begin(uint8_t pin, uint8_t slot, bool active_low, bool pull_up);

/* HX711: whether a reading waits; and the reading, with the pulses that ask for the next one at gain 128. */
bool port_scale_ready(uint8_t data);
int32_t port_scale_read(uint8_t data, uint8_t clock);

/* The next byte from the line, -1 when there is none. */
int16_t port_uart_read(void);
/* False when there is no room. */
bool port_uart_write(uint8_t byte);
/* Bytes that the line lost since the last call. */
uint8_t port_uart_lost(void);
/* Zeroes the bytes that went through already. */
void port_uart_wipe(void);

#endif
