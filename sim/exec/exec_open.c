/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The files that the box answers for: names, chance, and what /proc says of networks and of time.
 */
#include "filter/ipf_words.h"
#include "sim/base/text.h"
#include "sim/exec/exec_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PATH_SIZE 128 /* no path of ours is longer */

/* ---- /proc/net ---- */

/* An endpoint as Linux prints it: the address in words of the machine's byte order, the port. */
static void put_end(FILE *out, const ip_endpoint_t *end, bool six)
{
    for (int word = six ? 0 : 3; word < 4; word++) {
        const uint8_t *at = end->ie_addr.s6_addr + 4 * word;
        fprintf(out, "%02X%02X%02X%02X", at[3], at[2], at[1], at[0]);
    }
    fprintf(out, ":%04X", end->ie_port);
}

typedef struct listing {
    FILE *out;
    const char *proto;
    bool six;
    unsigned count;
} listing_t;

/* A socket is of family inet if one end has an IPv4 address. */
static bool is_six(const so_endpoint_t *endpoint)
{
    return ip_address_family(&endpoint->local.ie_addr) == AF_INET6;
}

static void put_endpoint(void *arg, const so_endpoint_t *endpoint)
{
    listing_t *listing = arg;
    if (strcmp(endpoint->proto, listing->proto) != 0 || is_six(endpoint) != listing->six)
        return;
    fprintf(listing->out, "%4u: ", listing->count++);
    put_end(listing->out, &endpoint->local, listing->six);
    fputc(' ', listing->out);
    put_end(listing->out, &endpoint->remote, listing->six);
    fprintf(listing->out, " %02X 00000000:00000000 00:00000000 00000000     0        0 0 1 0 0\n",
            endpoint->state != NULL ? tcp_state_number(endpoint->state) : TCP_CLOSE);
}

static void put_endpoints(exec_t *exec, FILE *out, const char *proto, bool six)
{
    listing_t listing = {.out = out, .proto = proto, .six = six};
    fprintf(out,
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "
            "timeout inode\n");
    so_list_now(exec->box->ips, put_endpoint, &listing);
}

static void put_tcp(exec_t *exec, FILE *out)
{
    put_endpoints(exec, out, "tcp", false);
}

static void put_tcp6(exec_t *exec, FILE *out)
{
    put_endpoints(exec, out, "tcp", true);
}

static void put_udp(exec_t *exec, FILE *out)
{
    put_endpoints(exec, out, "udp", false);
}

static void put_udp6(exec_t *exec, FILE *out)
{
    put_endpoints(exec, out, "udp", true);
}

static void put_dev(exec_t *exec, FILE *out)
{
    (void)exec;
    fprintf(out,
            "Inter-|   Receive                                                |  Transmit\n"
            " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets "
            "errs drop fifo colls carrier compressed\n");
    for (int i = 0; i < 2; i++)
        fprintf(out, "%6s: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n", i == 0 ? "lo" : BOX_IFNAME);
}

static void put_if_inet6(exec_t *exec, FILE *out)
{
    in6_addr_t address;
    (void)exec;
    fprintf(out, "00000000000000000000000000000001 01 80 10 80       lo\n");
    ip_address_parse(BOX_ADDRESS6, &address);
    for (int i = 0; i < 16; i++)
        fprintf(out, "%02x", address.s6_addr[i]);
    fprintf(out, " 02 %02x 00 80  " BOX_IFNAME "\n", BOX_BITS6);
}

/* A route to the box' network, and no default route. */
static void put_route(exec_t *exec, FILE *out)
{
    in6_addr_t address;
    (void)exec;
    ip_address_parse(BOX_ADDRESS, &address);
    fprintf(out,
            "Iface\tDestination\tGateway "
            "\tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n" BOX_IFNAME
            "\t00%02X%02X%02X\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n",
            address.s6_addr[14], address.s6_addr[13], address.s6_addr[12]);
}

static void put_uptime(exec_t *exec, FILE *out)
{
    double seconds = (double)clock_us(exec, CLOCK_BOOTTIME) / 1e6;
    fprintf(out, "%.2f %.2f\n", seconds, seconds);
}

/* ---- names ---- */

static void put_service(void *arg, const char *name, uint16_t port, unsigned protos)
{
    FILE *out = arg;
    if ((protos & IPF_SERVICE_TCP) != 0)
        fprintf(out, "%s\t%u/tcp\n", name, (unsigned)port);
    if ((protos & IPF_SERVICE_UDP) != 0)
        fprintf(out, "%s\t%u/udp\n", name, (unsigned)port);
}

/* The services that rules and scripts know by name, on every machine. */
static void put_services(exec_t *exec, FILE *out)
{
    (void)exec;
    ipf_service_each(put_service, out);
}

/* ---- which ---- */

static const struct {
    const char *path;
    const char *text;                     /* what is in it; or NULL: */
    void (*put)(exec_t *exec, FILE *out); /* this writes it */
} files[] = {
    {"/etc/hosts", "127.0.0.1\tlocalhost\n" BOX_ADDRESS "\tbox\n" BOX_ADDRESS6 "\tbox\n", NULL},
    {"/etc/resolv.conf", "# there is no DNS in the box\n", NULL},
    {"/etc/nsswitch.conf",
     "passwd: files\ngroup: files\nhosts: files\nservices: files\nprotocols: files\n", NULL},
    {"/etc/services", NULL, put_services},
    {"/etc/host.conf", "multi on\n", NULL},
    {"/etc/gai.conf", "", NULL},
    {"/proc/uptime", NULL, put_uptime},
    {"/proc/sys/net/core/somaxconn", "4096\n", NULL},
    {"/proc/net/tcp", NULL, put_tcp},
    {"/proc/net/tcp6", NULL, put_tcp6},
    {"/proc/net/udp", NULL, put_udp},
    {"/proc/net/udp6", NULL, put_udp6},
    {"/proc/net/dev", NULL, put_dev},
    {"/proc/net/if_inet6", NULL, put_if_inet6},
    {"/proc/net/route", NULL, put_route},
};

#define FILE_COUNT (sizeof(files) / sizeof(files[0]))

/* Folders where the machine shows its networks: a file there that the box does not serve does not
 * exist. */
static const char *const hidden[] = {"/proc/net/", "/proc/sys/net/", "/sys/class/net"};

/* => Returns the row of a path; FILE_COUNT if there is none. */
static size_t find_row(const char *path)
{
    size_t i = 0;
    while (i < FILE_COUNT && strcmp(files[i].path, path) != 0)
        i++;
    return i;
}

static bool is_hidden(const char *path)
{
    if (strcmp(path, "/proc/net/unix") == 0) /* these are the machine's */
        return false;
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        if (strncmp(path, hidden[i], strlen(hidden[i])) == 0)
            return true;
    }
    return false;
}

static bool is_random(const char *path)
{
    return strcmp(path, "/dev/urandom") == 0 || strcmp(path, "/dev/random") == 0;
}

static int flags_of(const task_t *task)
{
    return (int)task->call.data.args[task->call.data.nr == SYS_open ? 1 : 2];
}

/* The path that a call opens; /proc/self/net and /proc/PID/net are /proc/net.
 * => Returns false if it cannot be one of ours. */
static bool read_path(const task_t *task, char path[PATH_SIZE])
{
    uint64_t at = task->call.data.args[task->call.data.nr == SYS_open ? 0 : 1];
    char text[PATH_SIZE], rest[PATH_SIZE];
    if (!task_read_string(task, at, text, sizeof(text)) || text[0] != '/')
        return false;
    if (sscanf(text, "/proc/%*[0-9a-z-]/net/%100s", rest) == 1)
        snprintf(path, PATH_SIZE, "/proc/net/%.100s", rest);
    else
        snprintf(path, PATH_SIZE, "%s", text);
    return true;
}

bool open_is_ours(const task_t *task)
{
    char path[PATH_SIZE];
    return read_path(task, path) &&
           (is_random(path) || is_hidden(path) || find_row(path) < FILE_COUNT);
}

/* ---- opening ---- */

static answer_t give(task_t *task, int fd)
{
    lseek(fd, 0, SEEK_SET);
    struct seccomp_notif_addfd add = {.id = task->call.id,
                                      .srcfd = (uint32_t)fd,
                                      .newfd_flags = (uint32_t)(flags_of(task) & O_CLOEXEC)};
    int number = ioctl(task->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
    int error = errno;
    close(fd);
    return number >= 0 ? answer(task, number) : answer_errno(task, error);
}

static answer_t give_file(exec_t *exec, task_t *task, size_t row)
{
    char *text = NULL;
    size_t length;
    int fd = memfd_create("box", MFD_CLOEXEC);
    if (fd < 0)
        return answer_errno(task, EMFILE);
    FILE *out = text_open(&text, &length);
    if (files[row].text != NULL)
        fputs(files[row].text, out);
    else
        files[row].put(exec, out);
    fclose(out);
    ssize_t written = write(fd, text, length);
    (void)written;
    free(text);
    return give(task, fd);
}

/* Made by the box: it never ends. */
static answer_t give_random(exec_t *exec, task_t *task)
{
    file_t *file;
    int flags = flags_of(task);
    return answer(task,
                  file_install(exec, task, FILE_RANDOM, flags & (O_CLOEXEC | O_NONBLOCK), &file));
}

answer_t call_open(exec_t *exec, task_t *task)
{
    char path[PATH_SIZE];
    if (task->call.data.nr == SYS_openat2 || !read_path(task, path))
        return ANSWER_PASS;
    if (is_random(path))
        return give_random(exec, task);
    size_t row = find_row(path);
    if (row < FILE_COUNT && (flags_of(task) & O_ACCMODE) == O_RDONLY)
        return give_file(exec, task, row);
    if (!is_hidden(path))
        return ANSWER_PASS;
    exec_not_modelled(exec, task, "%s is not in the box: ENOENT", path);
    return answer_errno(task, ENOENT);
}
