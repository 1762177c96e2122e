/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The words and names of ipf.conf's language, with their numbers, and suggestions for misspelt
 * ones.
 */
#ifndef LO0SIM_FILTER_IPF_WORDS_H
#define LO0SIM_FILTER_IPF_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A list of words, ended by NULL. */
typedef const char *const *ipf_words_t;

extern const char *const ipf_actions[];    /* the first words of rules */
extern const char *const ipf_nat_words[];  /* the first words of lines of ipnat.conf */
extern const char *const ipf_pool_words[]; /* the first words of lines of ippool.conf */
extern const char *const ipf_returns[];    /* return-rst and its like */
extern const char *const ipf_clauses[];    /* what can follow `in` and `out` */
extern const char *const ipf_no_clauses[]; /* the same, not modelled */
extern const char *const ipf_no_objects[]; /* what can follow `from`, not modelled */
extern const char *const ipf_reserved[];   /* what names nothing; sorted */

/* The word in `words` that is text[length], in small letters or capitals; or NULL. */
const char *ipf_word_find(ipf_words_t words, const char *text, size_t length);

/* Whether text[length] is in ipf_reserved, in small letters or capitals: then no interface, group,
 * pool or tag can be called so.
 */
bool ipf_is_reserved(const char *text, size_t length);

/* The word in `words` that is nearest to text[length]; NULL if none is near enough. */
const char *ipf_word_near(ipf_words_t words, const char *text, size_t length);

/* A name and its number. */
typedef struct ipf_name {
    const char *name; /* NULL ends a table */
    uint32_t number;
    uint32_t bit; /* of IP options and extension headers: their place in fr_optbits */
} ipf_name_t;

/* The first name of a number is the one that is printed. */
extern const ipf_name_t ipf_protocols[];
extern const ipf_name_t ipf_icmp_types[];
extern const ipf_name_t ipf_icmp6_types[];
extern const ipf_name_t ipf_icmp_codes[]; /* of unreach */
extern const ipf_name_t ipf_options[];    /* IP options: `opt` */
extern const ipf_name_t ipf_v6hdrs[];     /* IPv6 extension headers: `v6hdr` */
extern const ipf_name_t ipf_secclasses[]; /* number: as in the option; bit: in fr_secbits */
extern const ipf_name_t ipf_facilities[]; /* of syslog */
extern const ipf_name_t ipf_priorities[];
extern const ipf_name_t ipf_withs[]; /* `with`: bit is FI_* */

/* The row of a table with the name text[length], in small letters or capitals, or with the number
 * `number`; NULL if there is none. */
const ipf_name_t *ipf_name_find(const ipf_name_t *table, const char *text, size_t length);
const ipf_name_t *ipf_name_of(const ipf_name_t *table, uint32_t number);

/* The nearest of several names: `best`, or NULL, after each has been considered. */
typedef struct ipf_near {
    const char *text; /* what somebody wrote */
    size_t length;
    const char *best;
    size_t distance;
} ipf_near_t;

void ipf_near_consider(ipf_near_t *near, const char *name);

/* The nearest name of a table, or NULL. */
const char *ipf_name_near(const ipf_name_t *table, const char *text, size_t length);

/* The protocols of a service's port. */
#define IPF_SERVICE_TCP 1u
#define IPF_SERVICE_UDP 2u

/* A service's port, for all of `protos`; 0: for any.
 * => Returns false if the name is not known for them. */
typedef bool (*ipf_service_find_t)(const char *text, size_t length, unsigned protos,
                                   uint16_t *port);
bool ipf_service_port(const char *text, size_t length, unsigned protos, uint16_t *port);

/* Sets how the whole process looks up a service that is not in the list here. NULL, the default,
 * means not at all, so that every machine knows the same names. For programs that read rules of the
 * machine on which they run. */
void ipf_services_of_machine(ipf_service_find_t find);

/* The service with a port, or NULL. */
const char *ipf_service_name(uint16_t port, unsigned protos);

/* Calls `each` for every service of the list: of several names for one port, the usual one first.
 */
void ipf_service_each(void (*each)(void *arg, const char *name, uint16_t port, unsigned protos),
                      void *arg);

/* The nearest name of a service, or NULL. */
const char *ipf_service_near(const char *text, size_t length);

#endif
