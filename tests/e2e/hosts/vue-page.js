// A Vue page with the element; the component is VueHost.vue.
import 'gnomon/pipeline';
import { createApp } from 'vue';
import VueHost from './VueHost.vue';

createApp(VueHost).mount('#root');
