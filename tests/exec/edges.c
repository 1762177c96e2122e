/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the box does not have: makes each call and prints the errno that refuses it. With `forbid
 * COMMAND...` it runs the command where the kernel forbids seccomp().
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void say(const char *what, long value)
{
    const char *name = value < 0 ? strerrorname_np(errno) : "0";
    printf("%s: %s\n", what, name != NULL ? name : "?");
    fflush(stdout);
}

static int forbid(char **command)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = 4, .filter = code};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        return 77;
    execvp(command[0], command);
    return 126;
}

/* A call as a 32-bit program makes it: 102 is socketcall(). */
static long call_32(long number)
{
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(1L), "c"(0L) : "memory");
    if (result < 0)
        errno = (int)-result;
    return result < 0 ? -1 : result;
}

static void options(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1, type = 0;
    struct tcp_info info;
    socklen_t size = sizeof(info);
    say("SO_REUSEPORT", setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)));
    say("SO_BINDTODEVICE", setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "eth0", 5));
    say("SO_MARK", setsockopt(fd, SOL_SOCKET, SO_MARK, &one, sizeof(one)));
    say("TCP_FASTOPEN", setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN, &one, sizeof(one)));
    say("TCP_FASTOPEN_CONNECT",
        setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &one, sizeof(one)));
    say("TCP_ULP", setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", 3));
    say("TCP_INFO", getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size));
    printf("closed: %d\n", info.tcpi_state == TCP_CLOSE);
    listen(fd, 1);
    size = sizeof(info);
    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size);
    printf("listening: %d\n", info.tcpi_state == TCP_LISTEN);
    struct sockaddr_in at;
    socklen_t length = sizeof(at);
    getsockname(fd, (struct sockaddr *)&at, &length);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    connect(client, (struct sockaddr *)&at, length);
    size = sizeof(info);
    getsockopt(client, IPPROTO_TCP, TCP_INFO, &info, &size);
    printf("connected: %d\n", info.tcpi_state == TCP_ESTABLISHED);
    length = sizeof(type);
    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length);
    printf("a stream: %d, below FD_SETSIZE: %d\n", type == SOCK_STREAM, fd < 1024);
    say("SO_ZEROCOPY", setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)));
    close(client);
    close(fd);
}

static void families(void)
{
    say("raw", socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
    say("ping socket", socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP));
    say("packet", socket(AF_PACKET, SOCK_RAW, 0));
    say("vsock", socket(AF_VSOCK, SOCK_STREAM, 0));
    say("mptcp", socket(AF_INET, SOCK_STREAM, 262));
    say("sctp", socket(AF_INET, SOCK_SEQPACKET, 132));
    say("sock_diag", socket(AF_NETLINK, SOCK_RAW, 4));
}

int main(int argc, char **argv)
{
    char params[256];
    if (argc > 2 && strcmp(argv[1], "forbid") == 0)
        return forbid(argv + 2);
    memset(params, 0, sizeof(params));
    options();
    families();
    say("io_uring", syscall(SYS_io_uring_setup, 8, params));
    say("32-bit socketcall", call_32(102));
    say("32-bit getpid", call_32(20));
    say("x32", syscall(0x40000000L | 41, AF_INET, SOCK_STREAM, 0));
    say("settimeofday", syscall(SYS_settimeofday, NULL, NULL));
    return 0;
}
