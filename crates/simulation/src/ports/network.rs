//! The simulated network.

use std::io;
use std::net::SocketAddr;

use async_trait::async_trait;
use highwater_platform::{Listener, Network, Stream};

/// Turmoil's TCP between simulated hosts.
pub struct SimNetwork;

struct SimListener(turmoil::net::TcpListener);

#[async_trait]
impl Network for SimNetwork {
    async fn bind(&self, address: &str) -> io::Result<Box<dyn Listener>> {
        let listener = turmoil::net::TcpListener::bind(address).await?;
        Ok(Box::new(SimListener(listener)))
    }

    async fn connect(&self, address: &str) -> io::Result<Box<dyn Stream>> {
        let stream = turmoil::net::TcpStream::connect(address).await?;
        Ok(Box::new(stream))
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
