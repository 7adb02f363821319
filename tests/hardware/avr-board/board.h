/* The emulated board: an ATmega328P whose pins, UART and surroundings are told and commanded in lines of text. */
#ifndef AVR_BOARD_H
#define AVR_BOARD_H

#include <stdbool.h>
#include <stdint.h>
#include <simavr/sim_avr.h>

#define PINS 20
#define FREQUENCY 16000000

extern avr_t *avr;

/* Prints `WORD PIN VALUE NANOSECONDS`; a cycle is 62.5 ns. */
void tell(const char *word, int pin, const char *value);

/* Hangs the board's own readings and edges into the emulator; once, before it runs. */
void pins_begin(void);
/* Tells what changed at the outputs, after something that wrote no register (a reset). */
void pins_look(void);
void pin_give(int pin, int level);
void pin_stick(int pin, int level);
void pin_follow(int pin, int other);

/* HX711 at these pins. */
void scale_at(int data, int clock);
void scale_set(long counts, long per_second);
/* -1 where no HX711 drives the pin. */
int scale_level(int pin);
void scale_clocked(int pin, bool high);
/* Longest time that its clock was high, cycles. */
uint64_t scale_longest_high(void);

void line_begin(void);
int line_fd(void);
/* Bytes from the pty to the board, as many as have room. */
void line_take_in(void);
void line_flush(void);

#endif
