// Runs whose supervisor and reporter are both gone: somebody must close what they left open.

import LinuxSystem
import RunOptions
import SentryProtocol
import Spool
import SupervisorLink

/// Finishes the reports of this user's runs that nobody reports on any more.
///
/// A run is abandoned when its journal is there, no reporter holds its lock, and its supervisor is not alive (a
/// supervisor whose reporters all died is, and its run goes on).
func finishStaleRuns(in home: RunHome, courier: CourierProgram) {
    let store = home.store
    for id in (try? store.activeIDs()) ?? [] {
        guard let directory = store.existingActiveDirectory(of: id) else { continue }
        defer { directory.close() }
        guard !FileLock.isHeld(RunHome.lockName, in: directory), let header = journalHeader(in: directory),
            !header.supervisorIsAlive
        else { continue }
        finish(header, in: home.state.path, courier: courier)
    }
}

func journalHeader(in directory: Directory) -> JournalHeader? {
    guard case .fact(let bytes)? = (try? RunJournal.read(in: directory))?.first else { return nil }
    return (try? JSONValue(parsing: bytes)).flatMap(JournalHeader.init)
}

/// The words are read with the environment of then, not of now.
private func finish(_ header: JournalHeader, in state: String, courier: CourierProgram) {
    let environment = Dictionary(header.environment.map { ($0.name, $0.value) }) { first, _ in first }
    guard case .run(var plan) = interpret(arguments: header.words, environment: { environment[$0] }) else { return }
    plan.stateDirectory = state
    guard
        let setting = RunSetting(
            start: header.start, plan: plan, environment: environment, workingDirectory: header.directory)
    else { return }
    let opened = RunHome.open(plan: plan, identity: setting.identity, header: header)
    let run = RunReport(
        setting: setting, start: header.start, opened: opened, environment: environment, courier: courier)
    guard run.home?.isOurs == true else { return }
    run.resume()
    run.close(.lost)
    run.startCourier()
}
