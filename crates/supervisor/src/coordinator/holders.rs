//! The end of processes that have a service's port.

use contract::{ApiError, Cause, ErrorCode, Holder, Request, Target, Wanted};

use super::waiting::Instruction;
use super::{Coordinator, RequestId, ServiceRuntime};

impl Coordinator {
    /// The service, and who has its port in conflict, if that is this process.
    pub(super) fn holder(
        &self,
        service: &str,
        port: u16,
        (pid, started): (u32, u64),
    ) -> Result<(usize, Holder), ApiError> {
        let index = self.index_of(service)?;
        let ServiceRuntime { spec, machine, .. } = &self.services[index];
        let Some(conflict) = machine.conflict().filter(|conflict| conflict.port == port) else {
            let cause = Cause::NotInConflict { label: spec.label.clone(), port };
            return Err(ApiError::because(ErrorCode::BadRequest, cause));
        };
        let holder = &conflict.holder;
        if (holder.pid, holder.started) != (Some(pid), Some(started)) {
            let cause = Cause::OtherHolder { port, holder: Box::new(holder.clone()) };
            return Err(ApiError::because(ErrorCode::PortTaken, cause));
        }
        Ok((index, holder.clone()))
    }

    /// A process that had a port has ended, or why it has not.
    pub(super) fn holder_ended(&mut self, id: RequestId, result: Result<(), ApiError>) {
        // Without an entry the instance is ending, and whoever asked has been told.
        let Some(service) = self.ending_holders.remove(&id) else { return };
        // It may have found its port free by itself, and then whoever asked waits until it is up as well.
        let is_wanted = self.services[service].machine.wanted() == Wanted::Up;
        match result {
            Ok(()) if is_wanted => {
                let target = Target::service(self.services[service].spec.name.clone());
                self.on_command(Instruction::Request(id, Request::Start(target)));
            }
            result => self.reply(id, result),
        }
    }
}
