//! openraft's own tests of what it expects from storage.

use openraft::StorageError;
use openraft::testing::log::{StoreBuilder, Suite};

use super::super::log_store::LogStore;
use super::super::state_machine::StateMachine;
use super::super::types::{SeededRuntime, TypeConfig};
use super::Node;

struct Builder;

impl StoreBuilder<TypeConfig, LogStore, StateMachine, ()> for Builder {
    async fn build(&self) -> Result<((), LogStore, StateMachine), StorageError<TypeConfig>> {
        let node = Node::new(1);
        Ok(((), node.log_store(), node.state_machine()))
    }
}

#[tokio::test]
async fn openrafts_suite_passes() {
    SeededRuntime::scope(1, Suite::test_all(Builder))
        .await
        .unwrap();
}
