//! The same servers and clients over the streams of a simulated network.

mod common;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use common::identity;
use highwater_platform::{Listener, Network, Stream};
use highwater_rpc::client::{ClientOptions, ConnectError, Connection, connect};
use highwater_rpc::identify;
use highwater_rpc::server::{ServerOptions, serve};
use tonic::service::Routes;

struct SimNetwork;

struct SimListener(turmoil::net::TcpListener);

#[async_trait]
impl Network for SimNetwork {
    async fn bind(&self, address: &str) -> io::Result<Box<dyn Listener>> {
        let listener = turmoil::net::TcpListener::bind(address).await?;
        Ok(Box::new(SimListener(listener)))
    }

    async fn connect(&self, address: &str) -> io::Result<Box<dyn Stream>> {
        Ok(Box::new(turmoil::net::TcpStream::connect(address).await?))
    }
}

#[async_trait]
impl Listener for SimListener {
    async fn accept(&mut self) -> io::Result<(Box<dyn Stream>, SocketAddr)> {
        let (stream, peer) = self.0.accept().await?;
        Ok((Box::new(stream), peer))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

async fn connect_to_server() -> Result<Connection, ConnectError> {
    let network: Arc<dyn Network> = Arc::new(SimNetwork);
    let options = ClientOptions::new(identity("ours", 2));
    connect(&network, "server:9093", &options).await
}

fn simulation() -> turmoil::Sim<'static> {
    let mut simulation = turmoil::Builder::new()
        .simulation_duration(Duration::from_secs(60))
        .rng_seed(7)
        .build();
    simulation.host("server", || async {
        let listener = SimNetwork.bind("0.0.0.0:9093").await?;
        let options = ServerOptions::new("CONTROLLER", identity("ours", 1));
        serve(listener, Routes::default(), options, std::future::pending()).await;
        Ok(())
    });
    simulation
}

#[test]
fn calls_work_over_simulated_streams() {
    let mut simulation = simulation();
    simulation.client("client", async {
        let connection = connect_to_server().await?;
        for _ in 0..100 {
            assert_eq!(identify(connection.clone()).await?, identity("ours", 1));
        }
        Ok(())
    });
    simulation.run().expect("the client ends well");
}

#[test]
fn a_peer_that_is_cut_off_is_noticed() {
    let mut simulation = simulation();
    simulation.client("client", async {
        let connection = connect_to_server().await?;
        identify(connection.clone()).await?;
        turmoil::partition("client", "server");
        // The keep-alive ends what no answer ever would.
        let ended = tokio::time::timeout(Duration::from_secs(5), identify(connection));
        assert!(ended.await.expect("not for ever").is_err());
        turmoil::hold("client", "server");
        let silent = connect_to_server().await;
        assert!(matches!(silent, Err(ConnectError::TimedOut)), "{silent:?}");
        turmoil::release("client", "server");
        turmoil::repair("client", "server");
        identify(connect_to_server().await?).await?;
        Ok(())
    });
    simulation.run().expect("the client ends well");
}

#[test]
fn a_crash_refuses_connections_and_a_restart_accepts_them() {
    let mut simulation = simulation();
    let (tell, told) = tokio::sync::watch::channel(0);
    simulation.client("client", async move {
        let mut told = told;
        let connection = connect_to_server().await?;
        identify(connection.clone()).await?;
        told.wait_for(|step| *step == 1).await?;
        let refused = connect_to_server().await;
        assert!(matches!(refused, Err(ConnectError::Refused)), "{refused:?}");
        assert!(identify(connection).await.is_err());
        told.wait_for(|step| *step == 2).await?;
        identify(connect_to_server().await?).await?;
        Ok(())
    });
    for step in 0..1000 {
        match step {
            100 => {
                simulation.crash("server");
                tell.send_replace(1);
            }
            600 => {
                simulation.bounce("server");
                tell.send_replace(2);
            }
            _ => {}
        }
        if simulation.step().expect("the client goes on") {
            return;
        }
    }
    simulation.run().expect("the client ends well");
}
