/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Faults that rules cannot make: `--fault 'reset after 1000 bytes'`.
 *
 *     drop PACKET [N]                     every such packet, or the N-th of each connection, is
 * lost reset after N bytes [from END]      both ends are reset once END has sent so much stall
 * after N bytes [from END]      what END sends after that never arrives close half [after N bytes
 * [from END]] the server's end is gone, and the client is not told slow accept SECONDS a server
 * gets each connection so much later
 *
 * PACKET is SYN, SYN|ACK, ACK (without data), DATA, FIN, RST, UDP or ICMP; END is `client`, who
 * connects, or `server`, which it is without `from`. UDP and ICMP are counted over the whole box.
 */
#ifndef LO0SIM_SIM_CORE_FAULT_H
#define LO0SIM_SIM_CORE_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum fault_kind {
    FAULT_DROP,
    FAULT_RESET,
    FAULT_STALL,
    FAULT_CLOSE_HALF,
    FAULT_SLOW_ACCEPT
} fault_kind_t;

typedef enum fault_packet {
    FAULT_SYN,
    FAULT_SYN_ACK,
    FAULT_ACK,
    FAULT_DATA,
    FAULT_FIN,
    FAULT_RST,
    FAULT_UDP,
    FAULT_ICMP,
    FAULT_PACKETS
} fault_packet_t;

typedef struct fault {
    fault_kind_t kind;
    fault_packet_t packet; /* of `drop` */
    uint64_t nth;          /* of `drop`, from 1; 0: each */
    uint64_t bytes;        /* after how many; 0: as soon as there is a connection */
    bool from_client;      /* who has sent them */
    uint64_t us;           /* of `slow accept` */
    const char *text;      /* as it was given */
} fault_t;

#define FAULTS_MAX 16

typedef struct fault_list {
    fault_t list[FAULTS_MAX];
    size_t count;
} fault_list_t;

#define FAULT_BYTES_MAX 1000000000u

/* Reads a fault; `text` must outlive the list.
 * => Returns true and the list has one more; else false with what is wrong, and in which column,
 *    in error[size]. */
bool fault_list_add(fault_list_t *faults, const char *text, char *error, size_t size);

/* ---- in a box (fault_box.c) ---- */

struct box;
typedef struct box_faults box_faults_t;

/* Lets them happen in a box that has no connection yet. Fused data would pass them by: nothing is
 * fused from now on. `faults` must outlive the box.
 * => Returns NULL for no faults, or if there is no memory; box_destroy() ends it. */
box_faults_t *box_faults_create(struct box *box, const fault_list_t *faults);
void box_faults_destroy(box_faults_t *faults);

#endif
