// Who is in the sample. Apart from it, since real campaigns refuse these people's demo identities too.

export const SAMPLE_NAMES: readonly string[] = (
  'Aldis Anwen Arlo Astrid Bela Brio Calla Cedar Cora Cyril Dara Dario Delia Doran Edda Elio Elke Emrys Esme ' +
  'Fable Faro Fenna Flora Gale Gideon Gwen Hale Hanno Hazel Ines Iona Isolde Ivo Jael Jory Juno Kaia Kell ' +
  'Kester Lark Leif Linus Lorna Lumi Mabel Marlow Mirren Morwen Nadir Nell Nico Noor Odette Olin Orla Osric ' +
  'Pascal Perrin Petra Quill Rafe Reva Rhys Rowan Runa Sable Selwyn Senna Silas Sorrel Tamsin Teo Thora Tobin ' +
  'Una Vesper Wilf Wren Yara Zeno'
).split(' ');
