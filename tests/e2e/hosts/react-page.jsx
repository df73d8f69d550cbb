// A React page with the element: properties and events as JSX writes them.
import 'gnomon/pipeline';
import { useState } from 'react';
import { createRoot } from 'react-dom/client';
import attestations from './attestations.json';

function App() {
  const [steps, setSteps] = useState(0);
  const [proof, setProof] = useState(null);
  const [error, setError] = useState(null);
  return (
    <>
      <h1>React</h1>
      <proof-pipeline
        className="host"
        attestations={attestations}
        proofType="band"
        lower={0.5}
        upper={0.95}
        database="react-host"
        onprogress={() => setSteps((count) => count + 1)}
        onproof={({ detail }) => setProof(detail)}
        onerror={({ detail }) => setError(detail)}
      />
      <output id="got">{JSON.stringify({ steps, proof, error })}</output>
    </>
  );
}

createRoot(document.getElementById('root')).render(<App />);
