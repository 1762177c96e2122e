/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The words of ipf.conf: those that are known, those that are not supported yet, the names of
 * protocols and services, and what a misspelt word may have been meant to be.
 *
 * Names are looked up here and never in /etc: an output must not depend on the machine.
 */
#ifndef LO0SIM_FILTER_IPF_WORDS_H
#define LO0SIM_FILTER_IPF_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A list of words, ended by NULL. */
typedef const char *const *ipf_words_t;

extern const char *const ipf_actions[];       /* what a rule begins with */
extern const char *const ipf_later_actions[]; /* the same, not supported yet */
extern const char *const ipf_nat_words[];     /* what a line of ipnat.conf begins with */
extern const char *const ipf_later_returns[]; /* return-icmp and its like */
extern const char *const ipf_log_options[];   /* what may follow `log`, not supported yet */
extern const char *const ipf_clauses[];       /* what may follow `in` and `out` */
extern const char *const ipf_later_clauses[]; /* the same, not supported yet */
extern const char *const ipf_later_objects[]; /* what may follow `from`, not supported yet */

/* The word in `words` that is text[length]; NULL if there is none. */
const char *ipf_word_find(ipf_words_t words, const char *text, size_t length);

/* The word in `words` that text[length] looks like; NULL if none is near enough. */
const char *ipf_word_near(ipf_words_t words, const char *text, size_t length);

/* A protocol's number by its name.
 * => Returns false if the name is not known. */
bool ipf_proto_number(const char *text, size_t length, uint8_t *number);

/* A protocol's name; NULL if it has none here. */
const char *ipf_proto_name(uint8_t number);

/* The nearest name of a protocol, or NULL. */
const char *ipf_proto_near(const char *text, size_t length);

/* A well-known service's port.
 * => Returns false if the name is not known. */
bool ipf_service_port(const char *text, size_t length, uint16_t *port);

/* The nearest name of a service, or NULL. */
const char *ipf_service_near(const char *text, size_t length);

#endif
