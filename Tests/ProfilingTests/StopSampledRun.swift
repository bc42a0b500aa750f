// Commands that are sampled by stopping their threads.

import Glibc
import JobControl
import LinuxSystem
import SentryProtocol
import SupervisorLink
import TestFiles

@testable import Profiling

/// A command that was followed by a tracer from before it began, until it ended or until it was let go.
final class StopSampledRun {
    let profile: Profile
    /// As a shell sees it; `nil` where it has not ended.
    let status: Int32?
    /// Nanoseconds from the command's start to its end, for each sample's thread to be compared with.
    let elapsed: Int64
    /// What the waiting threads' source said.
    private(set) var weights: [Int32: Int64] = [:]

    /// - Parameters:
    ///   - blocked: threads that wait are sampled too.
    ///   - enough: ends it, asked over and over with the number of samples and the process that was attached to.
    init(
        _ command: String, _ directory: TemporaryDirectory, frequency: Int = 1000, blocked: Bool = false,
        enough: (UInt64, pid_t) -> Bool = { _, _ in false }
    ) throws {
        let gate = try Pipe()
        let process = try spawnShell(
            "read go; \(command); echo $? > \(directory.path)/status", standardInput: gate.readEnd)
        gate.readEnd.close()
        let ring = try SampleRing(capacity: 32 << 20)
        defer { ring.close() }
        let attachment = try SamplingAttachment()
        try attachment.start(process, SamplingPlan(frequency: frequency, ring: ring, budget: 1))
        var sources: [any StackSource] = [
            RingSource(try SampleRingReader(file: ring.file, wakeUp: ring.wakeUp.descriptor))
        ]
        if blocked { sources.append(try BlockedThreadSource(process, frequency: 100)) }
        let started = MonotonicTime.now
        guard let recorder = ProfileRecorder(ProfileRecorder.Options(started: started, recordsMappings: false)) else {
            throw SystemError("recorder", code: ENOMEM)
        }
        try gate.writeEnd.writeAll([0x0A])
        gate.writeEnd.close()
        var weights: [Int32: Int64] = [:]
        func take(_ limit: MonotonicTime?) {
            for source in sources {
                source.take(until: limit) { event in
                    if case .sample(let sample) = event { weights[sample.thread, default: 0] += sample.weight }
                    recorder.record(event)
                }
            }
        }
        while !attachment.ended.descriptor.waitReadable(milliseconds: 5) {
            take(.now)
            if enough(recorder.tally.taken, process) { attachment.stop() }
        }
        elapsed = MonotonicTime.now.since(started)
        take(nil)
        self.weights = weights
        status = directory.text("status").flatMap { Int32($0.dropLast()) }
        profile = recorder.profile(
            ProfileDescription(
                title: "test", started: Timestamp(nanoseconds: wallClockNanoseconds()), frequency: frequency,
                mode: .cpu, source: "ptrace"), ended: .now, NamingRules { _ in true })
        if status == nil {
            kill(process, SIGKILL)
            var ended: Int32 = 0
            waitpid(process, &ended, 0)
        }
    }

    /// The share of samples, in percent, whose innermost function this is, of those below another.
    func share(_ function: String, below root: String) -> Double {
        let all = profile.samples.filter { profile.functions($0).contains(root) }
        let own = all.filter { profile.functions($0).last == function }
        return Double(own.reduce(0) { $0 + $1.weight }) / Double(max(1, all.reduce(0) { $0 + $1.weight })) * 100
    }

    /// Seconds of all samples of some processes.
    func weight(of condition: (ProfiledProcess) -> Bool) -> Double {
        let threads = profile.threads.map { condition(profile.processes[Int($0.process)]) }
        return profile.samples.reduce(0) { $0 + (threads[Int($1.thread)] ? Double($1.weight) : 0) } / 1e9
    }

    /// Of the samples below a function, the share in percent that reaches the thread's start.
    func completeness(below root: String) -> Double {
        let all = profile.samples.map { profile.functions($0) }.filter { $0.contains(root) }
        return 100 * Double(all.count { $0.first != "[truncated]" }) / Double(max(1, all.count))
    }
}

/// Programs that would notice that they are stopped, by a verb.
let touchySource = #"""
    #define _GNU_SOURCE
    #include <errno.h>
    #include <pthread.h>
    #include <signal.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/epoll.h>
    #include <sys/sem.h>
    #include <sys/socket.h>
    #include <sys/time.h>
    #include <sys/wait.h>
    #include <time.h>
    #include <unistd.h>
    #define APART __attribute__((noinline, noclone, noipa))
    volatile unsigned long sink;
    static int interrupted, rounds;
    static int seen(long result) {
        if (result < 0 && errno == EINTR) __atomic_add_fetch(&interrupted, 1, __ATOMIC_SEQ_CST);
        return 0;
    }
    APART void work(int much) { for (int i = 0; i < much; i++) sink += i; }

    static void *polls(void *_) {
        int poll = epoll_create1(0); struct epoll_event event;
        for (int i = 0; i < rounds; i++) { work(i % 200 * 1000); seen(epoll_wait(poll, &event, 1, 1)); }
        return 0;
    }
    static void *semaphores(void *_) {
        int set = semget(IPC_PRIVATE, 1, 0600); struct sembuf down = {0, -1, 0}; struct timespec one = {0, 1000000};
        for (int i = 0; i < rounds; i++) { work(i % 200 * 1000); seen(semtimedop(set, &down, 1, &one)); }
        semctl(set, 0, IPC_RMID);
        return 0;
    }
    static void *waits(void *_) {
        sigset_t set; sigemptyset(&set); sigaddset(&set, SIGUSR2); pthread_sigmask(SIG_BLOCK, &set, 0);
        struct timespec one = {0, 1000000};
        for (int i = 0; i < rounds; i++) { work(i % 200 * 1000); seen(sigtimedwait(&set, 0, &one)); }
        return 0;
    }
    static void *receives(void *_) {
        int ends[2]; socketpair(AF_UNIX, SOCK_STREAM, 0, ends); struct timeval one = {0, 1000}; char byte;
        setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &one, sizeof one);
        for (int i = 0; i < rounds; i++) { work(i % 200 * 1000); seen(recv(ends[0], &byte, 1, 0)); }
        return 0;
    }

    static int count, sum;
    static void handle(int number, siginfo_t *info, void *_) { count++; sum += info->si_value.sival_int; }
    static int signals(void) {
        struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
        sigaction(SIGRTMIN, &action, 0);
        pid_t parent = getpid(), child = fork();
        if (!child) {
            for (int i = 1; i <= 300; i++) { while (sigqueue(parent, SIGRTMIN, (union sigval){i})); usleep(500); }
            _exit(0);
        }
        while (waitpid(child, 0, WNOHANG) == 0) work(1000);
        return count == 300 && sum == 45150 ? 0 : 1;
    }
    static char state(pid_t pid) {
        char path[64], text[256] = ""; snprintf(path, 64, "/proc/%d/stat", pid);
        FILE *file = fopen(path, "r"); fread(text, 1, 255, file); fclose(file);
        return strrchr(text, ')')[2];
    }
    static int stops(void) {
        pid_t child = fork(); int status;
        if (!child) for (;;) work(1000);
        for (int i = 0; i < 10; i++) {
            usleep(10000);
            kill(child, SIGSTOP);
            if (waitpid(child, &status, WUNTRACED) != child || !WIFSTOPPED(status) || WSTOPSIG(status) != SIGSTOP) return 2;
            usleep(10000);
            char now = state(child);
            if (now != 'T' && now != 't') return 3;
            kill(child, SIGCONT);
            if (waitpid(child, &status, WCONTINUED) != child || !WIFCONTINUED(status)) return 4;
        }
        kill(child, SIGTERM);
        return waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM ? 0 : 5;
    }
    APART void nap(void) { usleep(30000); sink++; }
    APART void busy(void) {
        struct timespec now; double end;
        clock_gettime(CLOCK_MONOTONIC, &now); end = now.tv_sec + now.tv_nsec / 1e9 + 0.01;
        do { work(1000); clock_gettime(CLOCK_MONOTONIC, &now); } while (now.tv_sec + now.tv_nsec / 1e9 < end);
    }

    int main(int words, char **word) {
        rounds = words > 2 ? atoi(word[2]) : 0;
        if (!strcmp(word[1], "waits")) {
            pthread_t threads[4];
            void *(*bodies[4])(void *) = {polls, semaphores, waits, receives};
            for (int i = 0; i < 4; i++) pthread_create(&threads[i], 0, bodies[i], 0);
            for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
            return interrupted > 100 ? 100 : interrupted;
        }
        if (!strcmp(word[1], "signals")) return signals();
        if (!strcmp(word[1], "stops")) return stops();
        if (!strcmp(word[1], "naps")) for (int i = 0; i < rounds; i++) { nap(); busy(); }
        if (!strcmp(word[1], "spin")) for (;;) work(1000);
        return 0;
    }
    """#
