//! Broker configs: SASL.

use crate::config::definition::DefaultValue::{Is, Unset};
use crate::config::table::definitions;
use crate::config::validator::Empty;
use crate::config::validator::Validator::{Any, Between, Distinct, OneOfAnyCase};

definitions! {
    "sasl.client.callback.handler.class": Class = Unset, Any, Medium ReadOnly Public
        "A JVM class for SASL clients; Highwater can not load one.";
    "sasl.enabled.mechanisms": List = Is("GSSAPI"), Distinct(Empty::Allowed), Medium PerBroker Public
        "SASL mechanisms that are offered.";
    "sasl.jaas.config": Password = Unset, Any, Medium PerBroker Public
        "SASL credentials in JAAS form, set per listener and mechanism.";
    "sasl.kerberos.kinit.cmd": String = Is("/usr/bin/kinit"), Any, Medium PerBroker Public
        "The kinit command for Kerberos.";
    "sasl.kerberos.min.time.before.relogin": Long = Is("60000"), Any, Medium PerBroker Public
        "Shortest time between two Kerberos logins.";
    "sasl.kerberos.principal.to.local.rules": List = Is("DEFAULT"), Distinct(Empty::Allowed), Medium PerBroker Public
        "How Kerberos principals become user names.";
    "sasl.kerberos.service.name": String = Unset, Any, Medium PerBroker Public
        "The Kerberos service's name.";
    "sasl.kerberos.ticket.renew.jitter": Double = Is("0.05"), Any, Medium PerBroker Public
        "How much the renewal of Kerberos tickets varies at random.";
    "sasl.kerberos.ticket.renew.window.factor": Double = Is("0.8"), Any, Medium PerBroker Public
        "Share of a Kerberos ticket's life after which it is renewed.";
    "sasl.login.callback.handler.class": Class = Unset, Any, Medium ReadOnly Public
        "A JVM class for SASL logins; Highwater can not load one.";
    "sasl.login.class": Class = Unset, Any, Medium ReadOnly Public
        "A JVM class for SASL logins; Highwater can not load one.";
    "sasl.login.connect.timeout.ms": Int = Unset, Any, Low ReadOnly Public
        "How long connecting to an identity provider may take.";
    "sasl.login.read.timeout.ms": Int = Unset, Any, Low ReadOnly Public
        "How long an answer of an identity provider may take.";
    "sasl.login.refresh.buffer.seconds": Short = Is("300"), Any, Medium PerBroker Public
        "Time kept free before a credential expires.";
    "sasl.login.refresh.min.period.seconds": Short = Is("60"), Any, Medium PerBroker Public
        "Shortest time between two refreshes of a credential.";
    "sasl.login.refresh.window.factor": Double = Is("0.8"), Any, Medium PerBroker Public
        "Share of a credential's life after which it is refreshed.";
    "sasl.login.refresh.window.jitter": Double = Is("0.05"), Any, Medium PerBroker Public
        "How much that moment varies at random.";
    "sasl.login.retry.backoff.max.ms": Long = Is("10000"), Any, Low ReadOnly Public
        "Longest wait before an identity provider is asked again.";
    "sasl.login.retry.backoff.ms": Long = Is("100"), Any, Low ReadOnly Public
        "First wait before an identity provider is asked again.";
    "sasl.mechanism.controller.protocol": String = Is("GSSAPI"), Any, High ReadOnly Public
        "SASL mechanism towards controllers.";
    "sasl.mechanism.inter.broker.protocol": String = Is("GSSAPI"), Any, Medium PerBroker Public
        "SASL mechanism among brokers.";
    "sasl.oauthbearer.assertion.algorithm": String = Is("RS256"), OneOfAnyCase(&["ES256", "RS256"]), Medium ReadOnly Public
        "How an OAuth assertion is signed.";
    "sasl.oauthbearer.assertion.claim.aud": String = Unset, Any, Medium ReadOnly Public
        "The audience named in an OAuth assertion.";
    "sasl.oauthbearer.assertion.claim.exp.seconds": Int = Is("300"), Between(0, 86_400), Low ReadOnly Public
        "How long an OAuth assertion is valid.";
    "sasl.oauthbearer.assertion.claim.iss": String = Unset, Any, Medium ReadOnly Public
        "The issuer named in an OAuth assertion.";
    "sasl.oauthbearer.assertion.claim.jti.include": Boolean = Is("false"), Any, Medium ReadOnly Public
        "Whether an OAuth assertion has an id of its own.";
    "sasl.oauthbearer.assertion.claim.nbf.seconds": Int = Is("60"), Between(0, 3600), Low ReadOnly Public
        "How far in the past an OAuth assertion becomes valid.";
    "sasl.oauthbearer.assertion.claim.sub": String = Unset, Any, Medium ReadOnly Public
        "The subject named in an OAuth assertion.";
    "sasl.oauthbearer.assertion.file": String = Unset, Any, Medium ReadOnly Public
        "File with a ready OAuth assertion.";
    "sasl.oauthbearer.assertion.private.key.file": String = Unset, Any, Medium ReadOnly Public
        "File with the key that signs OAuth assertions.";
    "sasl.oauthbearer.assertion.private.key.passphrase": Password = Unset, Any, Medium ReadOnly Public
        "Passphrase of that key.";
    "sasl.oauthbearer.assertion.template.file": String = Unset, Any, Medium ReadOnly Public
        "File with further claims for OAuth assertions.";
    "sasl.oauthbearer.client.credentials.client.id": String = Unset, Any, Medium ReadOnly Public
        "The OAuth client's id.";
    "sasl.oauthbearer.client.credentials.client.secret": Password = Unset, Any, Medium ReadOnly Public
        "The OAuth client's secret.";
    "sasl.oauthbearer.clock.skew.seconds": Int = Is("30"), Any, Low ReadOnly Public
        "How far the clocks of broker and identity provider may differ.";
    "sasl.oauthbearer.expected.audience": List = Is(""), Distinct(Empty::Allowed), Low ReadOnly Public
        "Audiences that a token may be meant for.";
    "sasl.oauthbearer.expected.issuer": String = Unset, Any, Low ReadOnly Public
        "The issuer that a token must come from.";
    "sasl.oauthbearer.jwks.endpoint.refresh.ms": Long = Is("3600000"), Any, Low ReadOnly Public
        "How often the identity provider's keys are fetched.";
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms": Long = Is("10000"), Any, Low ReadOnly Public
        "Longest wait before those keys are fetched again after a failure.";
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms": Long = Is("100"), Any, Low ReadOnly Public
        "First wait before those keys are fetched again after a failure.";
    "sasl.oauthbearer.jwks.endpoint.url": String = Unset, Any, Medium ReadOnly Public
        "Where the identity provider's keys are.";
    "sasl.oauthbearer.jwt.retriever.class": Class = Is("org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever"), Any, Medium ReadOnly Public
        "A JVM class that gets tokens; Highwater uses its own.";
    "sasl.oauthbearer.jwt.validator.class": Class = Is("org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator"), Any, Medium ReadOnly Public
        "A JVM class that checks tokens; Highwater uses its own.";
    "sasl.oauthbearer.scope": String = Unset, Any, Medium ReadOnly Public
        "The OAuth scope asked for.";
    "sasl.oauthbearer.scope.claim.name": String = Is("scope"), Any, Low ReadOnly Public
        "The claim that holds a token's scope.";
    "sasl.oauthbearer.sub.claim.name": String = Is("sub"), Any, Low ReadOnly Public
        "The claim that holds a token's subject.";
    "sasl.oauthbearer.token.endpoint.url": String = Unset, Any, Medium ReadOnly Public
        "Where tokens are obtained.";
    "sasl.server.callback.handler.class": Class = Unset, Any, Medium ReadOnly Public
        "A JVM class for SASL servers; Highwater can not load one.";
    "sasl.server.max.receive.size": Int = Is("524288"), Any, Medium ReadOnly Public
        "Largest message during SASL authentication.";
}
