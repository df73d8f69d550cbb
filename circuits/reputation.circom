// Proves, without showing the evidence: I know the secret of an identity whose leaf is under `root`; the
// evidence in that leaf, alive at `asOf`, fuses to a score with lower <= score <= upper; `nullifier` is mine
// for `scope`; `message` is bound to this proof. Signals, ranges and formulas: README.md beside this file.
//
// Every comparator below is fed values that were range-checked first: circomlib's LessThan(n) is sound only
// for inputs of at most n bits.
pragma circom 2.1.5;

include "bitify.circom";
include "comparators.circom";
include "poseidon.circom";
include "babyjub.circom";
include "binary-merkle-root.circom";

// in < 2^BITS.
template Fits(BITS) {
    signal input in;
    signal bits[BITS] <== Num2Bits(BITS)(in);
}

// in <= MAX, for MAX < 2^BITS - 1.
template AtMost(BITS, MAX) {
    signal input in;
    Fits(BITS)(in);
    signal isInRange <== LessEqThan(BITS)([in, MAX]);
    isInRange === 1;
}

// a <= b, for a and b that are known to fit BITS bits.
template Ordered(BITS) {
    signal input a, b;
    signal isOrdered <== LessEqThan(BITS)([a, b]);
    isOrdered === 1;
}

// Semaphore v4's identity: commitment = Poseidon2(public key), nullifier = Poseidon2(scope, secret).
// A secret at or above the subgroup's order would give one identity several nullifiers.
template SemaphoreIdentity() {
    signal input secret, scope;
    signal output commitment, nullifier;

    var SUBGROUP_ORDER = 2736030358979909402780800718157159386076813972158567259200215660948447373041;
    Fits(251)(secret);
    signal isCanonical <== LessThan(251)([secret, SUBGROUP_ORDER]);
    isCanonical === 1;

    signal ax, ay;
    (ax, ay) <== BabyPbk()(secret);
    commitment <== Poseidon(2)([ax, ay]);
    nullifier <== Poseidon(2)([scope, secret]);
}

// One attestation: its packed form, and what it adds to the evidence when it is alive.
template Record() {
    signal input weight, positive, negative, expiresAt, asOf; // asOf fits 40 bits
    signal output packed, addsPositive, addsNegative;

    Fits(16)(weight);
    Fits(32)(positive);
    Fits(32)(negative);
    Fits(40)(expiresAt);
    packed <== weight + positive * (1 << 16) + negative * (1 << 48) + expiresAt * (1 << 80);

    signal isAlive <== LessThan(40)([asOf, expiresAt]);
    signal aliveWeight <== isAlive * weight;
    addsPositive <== aliveWeight * positive;
    addsNegative <== aliveWeight * negative;
}

// score = floor((10^6 R + baseRate W) / (R + S + W)), for R, S < 2^58 and baseRate <= 10^6. The division is
// a hint; what makes it the only possible answer is remainder < divisor with nothing able to wrap:
// score < 2^20, divisor < 2^60, so score * divisor + remainder < 2^81.
template Score() {
    signal input positive, negative, baseRate;
    signal output score;

    var W = 2 * 1000 * 65535;
    signal numerator <== 1000000 * positive + baseRate * W;
    signal divisor <== positive + negative + W;

    score <-- numerator \ divisor;
    signal remainder <-- numerator % divisor;
    Fits(20)(score);
    Fits(60)(remainder);
    signal isRemainder <== LessThan(60)([remainder, divisor]);
    isRemainder === 1;
    numerator === score * divisor + remainder;
}

template Reputation(N) {
    assert(N % 8 == 0 && N <= 1024);
    var GROUPS = N \ 8;
    var DEPTH = 24;
    var COUNT_BITS = 11; // N <= 1024 < 2^11 - 1
    var PPM_BITS = 20;   // 10^6 < 2^20 - 1

    signal input root, nullifier, scope, message, asOf, baseRate, lower, upper;
    signal input secret, count, weight[N], positive[N], negative[N], expiresAt[N];
    signal input depth, index, siblings[DEPTH];

    Fits(40)(asOf);
    AtMost(PPM_BITS, 1000000)(baseRate);
    AtMost(PPM_BITS, 1000000)(lower);
    AtMost(PPM_BITS, 1000000)(upper);
    AtMost(COUNT_BITS, N)(count);
    AtMost(5, DEPTH)(depth); // beyond it the Merkle gadget returns 0

    // Evidence and its digest. A group past ceil(count / 8) is in no digest, so nothing binds its records:
    // its weights must all be 0 (each is below 2^16, so their sum cannot wrap to 0).
    signal packed[N], addsPositive[N], addsNegative[N];
    signal isUsed[GROUPS], folded[GROUPS], digest[GROUPS + 1];
    var sumPositive = 0;
    var sumNegative = 0;
    digest[0] <== 0;
    for (var g = 0; g < GROUPS; g++) {
        isUsed[g] <== LessThan(COUNT_BITS)([8 * g, count]);
        var sumWeights = 0;
        for (var i = 8 * g; i < 8 * g + 8; i++) {
            (packed[i], addsPositive[i], addsNegative[i]) <==
                Record()(weight[i], positive[i], negative[i], expiresAt[i], asOf);
            sumPositive += addsPositive[i];
            sumNegative += addsNegative[i];
            sumWeights += weight[i];
        }
        (1 - isUsed[g]) * sumWeights === 0;

        var words[4];
        for (var k = 0; k < 4; k++) {
            words[k] = packed[8 * g + 2 * k] + packed[8 * g + 2 * k + 1] * (1 << 120);
        }
        folded[g] <== Poseidon(5)([digest[g], words[0], words[1], words[2], words[3]]);
        digest[g + 1] <== digest[g] + isUsed[g] * (folded[g] - digest[g]);
    }

    // Identity and membership.
    signal commitment, ownNullifier;
    (commitment, ownNullifier) <== SemaphoreIdentity()(secret, scope);
    nullifier === ownNullifier;

    signal leaf <== Poseidon(3)([commitment, digest[GROUPS], count]);
    signal ownRoot <== BinaryMerkleRoot(DEPTH)(leaf, depth, index, siblings);
    root === ownRoot;
    signal isRootZero <== IsZero()(root);
    isRootZero === 0;

    // The claim. The score fits 20 bits, as the bounds do.
    signal score <== Score()(sumPositive, sumNegative, baseRate);
    Ordered(PPM_BITS)(lower, score);
    Ordered(PPM_BITS)(score, upper);

    // No other constraint holds `message`; a square keeps the compiler from dropping it.
    signal messageSquare <== message * message;
}
