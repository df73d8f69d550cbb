// Up to 256 records.
pragma circom 2.1.5;

include "reputation.circom";

component main {public [root, nullifier, scope, message, asOf, baseRate, lower, upper]} = Reputation(256);
